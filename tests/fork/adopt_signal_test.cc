// SPDX-License-Identifier: Apache-2.0

// A daemon that has adopted its parent's finalizers ends by a signal.
#include <string>

#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildProcess;
using finalize_test::ChildResult;
using finalize_test::HelperPath;

void ExpectOutput(const std::string& scenario, const std::string& out) {
  // Its input stays open: it ends by itself.
  ChildProcess child({HelperPath("adopt_signal_child"), scenario});
  child.AwaitOutput("the end");
  const ChildResult result = child.Await();
  EXPECT_TRUE(result.Exited(0)) << scenario << result;
  EXPECT_EQ(result.out, out) << result;
  EXPECT_EQ(result.err, "") << result;
}

constexpr char kDrained[] =
    "high: signal\nown: signal\nnewer: signal\nolder: signal\nkilled by 15\n";

// C21, C22: a daemon with exit hooks of its own drains what it adopted, and
// dies by the signal.
TEST(AdoptSignalTest, DrainsWhatIsAdopted) {
  ExpectOutput("installs-after-adoption", kDrained);
  ExpectOutput("installs-before-adoption", kDrained);
}

}  // namespace
