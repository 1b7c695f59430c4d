// SPDX-License-Identifier: Apache-2.0

// The exit status and the output of a process that a signal ends.
#include <signal.h>

#include <string>

#include "finalize/exit_hooks.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildProcess;
using finalize_test::ChildResult;
using finalize_test::HelperPath;
using testing::HasSubstr;

// Its input stays open: it ends by itself.
ChildResult ResultOf(const std::string& scenario) {
  ChildProcess child({HelperPath("signal_status_child"), scenario});
  child.AwaitOutput("the end");
  return child.Await();
}

// C22: a status may be asked for, and another for a drain that failed.
TEST(SignalExitCodeTest, IsThatOfTheOptions) {
  const ChildResult succeeds = ResultOf("succeeds");
  EXPECT_TRUE(succeeds.Exited(0)) << succeeds;
  EXPECT_EQ(succeeds.out, "drained\n");
  const ChildResult fails = ResultOf("fails");
  EXPECT_TRUE(fails.Exited(5)) << fails;
  const ChildResult without = ResultOf("fails-without-code");
  EXPECT_TRUE(without.Exited(3)) << without;
}

// C22: the one for a failure alone leaves a clean drain its death.
TEST(SignalExitCodeTest, MayBeForFailuresOnly) {
  const ChildResult fails = ResultOf("fails-only");
  EXPECT_TRUE(fails.Exited(5)) << fails;
  const ChildResult succeeds = ResultOf("succeeds-only");
  EXPECT_TRUE(succeeds.Killed(SIGTERM)) << succeeds;
}

// C22: a second signal cuts the drain off: the process dies by it.
TEST(SignalExitCodeTest, IsNotThatOfADrainCutOff) {
  const ChildResult result = ResultOf("second-signal");
  EXPECT_TRUE(result.Killed(SIGINT)) << result;
}

// C22: whoever ends the process by a signal, it ends so.
TEST(SignalExitCodeTest, HoldsForEveryWayToASignal) {
  const ChildResult asked = ResultOf("ends-by-signal");
  EXPECT_TRUE(asked.Exited(0)) << asked;
  EXPECT_EQ(asked.out, "drained\n");
  const ChildResult meets = ResultOf("meets-exit");
  EXPECT_TRUE(meets.Exited(5)) << meets;
  const ChildResult inside = ResultOf("ends-by-signal-in-exit");
  EXPECT_TRUE(inside.Exited(0)) << inside;
}

// C22: PID 1 as well.
TEST(SignalExitCodeTest, HoldsForPidOne) {
  const ChildResult fails = ResultOf("fails-in-container");
  EXPECT_EQ(fails.out, "exited with 5\n") << fails;
  const ChildResult flushes = ResultOf("flushes-in-container");
  EXPECT_EQ(flushes.out, "out of the callback\nexited with 4\n") << flushes;
}

// C22: what is none is refused.
TEST(SignalExitCodeTest, IsAStatus) {
  for (const int code : {-1, 256}) {
    finalize::ExitHooks hooks;
    hooks.signal_exit_code = code;
    const absl::Status status = finalize::InstallExitHooks(hooks);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("ExitHooks::signal_exit_code"));
    hooks.signal_exit_code = 0;
    hooks.signal_failure_exit_code = code;
    const absl::Status failure = finalize::InstallExitHooks(hooks);
    EXPECT_EQ(failure.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(failure.message()),
                HasSubstr("ExitHooks::signal_failure_exit_code"));
  }
}

}  // namespace
