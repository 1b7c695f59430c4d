// SPDX-License-Identifier: Apache-2.0

// The exit hooks in PID 1 of a container, which the default action of a signal
// does not end.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildProcess;
using finalize_test::ChildResult;
using finalize_test::HelperPath;

std::vector<std::string> PidOne(const std::string& scenario) {
  return {HelperPath("pid_one_child"), "launch", scenario};
}

// C22: it drains, and ends with 128 and the number of the signal.
TEST(PidOneTest, DrainsAndEnds) {
  ChildProcess launcher(PidOne("drains"));
  ASSERT_TRUE(launcher.AwaitOutput("ready\n"));
  launcher.Send("x");
  const ChildResult result = launcher.Await();
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "ready\nsignal 15\nexited with 143\n");
  EXPECT_EQ(result.err, "");
}

// C22: a second signal after the grace means now, to PID 1 as well.
TEST(PidOneTest, EndsAtASecondSignal) {
  ChildProcess launcher(PidOne("blocks"));
  ASSERT_TRUE(launcher.AwaitOutput("ready\n"));
  launcher.Send("x");
  ASSERT_TRUE(launcher.AwaitOutput("draining\n"));
  launcher.Send("x");
  const ChildResult result = launcher.Await();
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "ready\ndraining\nexited with 143\n");
}

}  // namespace
