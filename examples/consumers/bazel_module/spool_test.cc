// SPDX-License-Identifier: Apache-2.0

#include "spool.h"

#include <string>
#include <vector>

#include "finalize/registry.h"
#include "finalize/report.h"
#include "finalize/testing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace consumer {
namespace {

using finalize::testing::IsClean;
using finalize::testing::Ran;
using finalize::testing::SimulateExit;
using ::testing::ElementsAre;

class SpoolTest : public ::testing::Test {
 protected:
  finalize::Registry registry_;
  std::vector<std::string> printed_;
  Spool spool_{registry_, printed_};
};

TEST_F(SpoolTest, ExitPrintsTheJobs) {
  spool_.Add("letter");
  spool_.Add("bill");
  const finalize::Report report = SimulateExit(registry_);
  EXPECT_THAT(report, IsClean());
  EXPECT_THAT(report, Ran(1));
  EXPECT_THAT(printed_, ElementsAre("letter", "bill"));
}

TEST_F(SpoolTest, ExitPrintsNothingTwice) {
  spool_.Add("letter");
  spool_.Print();
  EXPECT_THAT(SimulateExit(registry_), Ran(0));
  EXPECT_THAT(printed_, ElementsAre("letter"));
}

}  // namespace
}  // namespace consumer
