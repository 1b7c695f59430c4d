// SPDX-License-Identifier: Apache-2.0

// Tests of a program's own clean-up, without ending a process.
// docs/cookbook.md quotes it.
#include <signal.h>

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "finalize/cause.h"
#include "finalize/options.h"
#include "finalize/registry.h"
#include "finalize/report.h"
#include "finalize/testing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

using Log = std::vector<std::string>;

// The code under test. The program passes it Registry::Process().
void RegisterCleanUp(finalize::Registry& registry, Log* log) {
  registry.Register("flush journal", [log](const finalize::Cause& cause) {
    log->push_back(std::string("flush on ") + cause.ToString());
  });
  registry.Register(finalize::Options("close listener")
                        .set_phase(finalize::kStopAcceptingPhase),
                    [log] { log->push_back("close"); });
}

TEST(CleanUpTest, ClosesBeforeItFlushesAtSigterm) {
  finalize::Registry registry;
  Log log;
  RegisterCleanUp(registry, &log);
  finalize::Report report = finalize::testing::SimulateEnd(
      registry, finalize::Cause(finalize::Cause::Kind::kSignal, SIGTERM));
  EXPECT_THAT(report, finalize::testing::IsClean());
  EXPECT_THAT(log, testing::ElementsAre("close", "flush on signal"));
}

TEST(CleanUpTest, DoesNotFlushIfClosingTakesTooLong) {
  finalize::Registry registry;
  finalize::testing::FakeClock clock;
  Log log;
  RegisterCleanUp(registry, &log);
  registry.Register(
      finalize::Options("slow").set_phase(finalize::kStopAcceptingPhase),
      [&clock] { clock.Advance(absl::Hours(1)); });
  finalize::Report report = finalize::testing::SimulateExit(registry);
  EXPECT_TRUE(report.deadline_exceeded);
  EXPECT_THAT(report,
              finalize::testing::HasEntry(
                  "flush journal", finalize::ReportEntry::Outcome::kUnreached));
}

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  finalize::testing::FailTestsThatLeaveFinalizers();
  return RUN_ALL_TESTS();
}
