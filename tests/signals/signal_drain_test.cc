// SPDX-License-Identifier: Apache-2.0

// The drain at a signal: what its callbacks do, and how long it may take.
#include <signal.h>

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildOptions;
using finalize_test::ChildProcess;
using finalize_test::ChildResult;
using finalize_test::HelperPath;
using finalize_test::RunChild;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// Sends SIGTERM to a process that has said `when`. Its input stays open.
ChildResult ResultOfTerm(const std::string& scenario,
                         const std::string& when = "ready\n",
                         const ChildOptions& options = {}) {
  ChildProcess child({HelperPath("signal_drain_child"), scenario}, options);
  EXPECT_TRUE(child.AwaitOutput(when));
  child.Signal(SIGTERM);
  child.AwaitOutput("the end");
  return child.Await();
}

ChildOptions WithDeadline(const std::string& value) {
  ChildOptions options;
  options.environment = {{"FINALIZE_EXIT_DEADLINE", value}};
  return options;
}

// C14, C22: whatever a callback throws is reported, and the rest runs.
TEST(SignalDrainTest, ReportsAndGoesOn) {
  const ChildResult result = ResultOfTerm("throws");
  EXPECT_TRUE(result.Killed(SIGTERM)) << result;
  EXPECT_EQ(result.out, "ready\nthird\nfirst, on signal\n");
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("\"second one\""), HasSubstr("failed on signal"),
                    HasSubstr("exception of type int")));
}

// C17, C22: a callback that calls exit(): newer statics end, the rest runs
// once, and the process dies by the signal.
TEST(SignalDrainTest, OutlivesExitInACallback) {
  const ChildResult result = ResultOfTerm("exits");
  EXPECT_TRUE(result.Killed(SIGTERM)) << result;
  EXPECT_EQ(result.out, "ready\nthird\nstatic of new\nfirst, on signal\n");
  EXPECT_EQ(result.err, "");
}

// C22: the last signal that a callback asks for counts.
TEST(SignalDrainTest, MayEndByAnotherSignal) {
  const ChildResult result = ResultOfTerm("ends-by-another-signal");
  EXPECT_TRUE(result.Killed(SIGINT)) << result;
  EXPECT_EQ(result.out, "ready\nthird\nfirst, on signal\n");
}

// C22, C19: what ends a process at once does so in a callback as well.
TEST(SignalDrainTest, EndsWithTheProcess) {
  const ChildResult quick = ResultOfTerm("quick-exits");
  EXPECT_TRUE(quick.Exited(7)) << quick;
  const ChildResult underscore = ResultOfTerm("underscore-exits");
  EXPECT_TRUE(underscore.Exited(8)) << underscore;
  const ChildResult aborts = ResultOfTerm("aborts");
  EXPECT_TRUE(aborts.Killed(SIGABRT)) << aborts;
  const ChildResult raises = ResultOfTerm("raises");
  EXPECT_TRUE(raises.Killed(SIGTERM)) << raises;
  const ChildResult ends_thread = ResultOfTerm("ends-thread");
  EXPECT_TRUE(ends_thread.Killed(SIGABRT)) << ends_thread;
  EXPECT_THAT(ends_thread.err, HasSubstr("a callback ended its thread"));
  for (const ChildResult* result :
       {&quick, &underscore, &aborts, &raises, &ends_thread}) {
    EXPECT_EQ(result->out, "ready\nthird\n");
  }
}

// C21, C22: a child that comes out of a callback runs nothing of its parent's,
// and ends as its parent does.
TEST(SignalDrainTest, StopsInAForkedChild) {
  const ChildResult result = ResultOfTerm("forks");
  EXPECT_TRUE(result.Killed(SIGTERM)) << result;
  EXPECT_EQ(result.out, "ready\nthird\nchild ended by 15\nfirst, on signal\n");
}

// C22: it runs on an ordinary thread: what a callback starts has no signals
// blocked.
TEST(SignalDrainTest, BlocksNoSignals) {
  const ChildResult result = ResultOfTerm("starts-program");
  EXPECT_TRUE(result.Killed(SIGTERM)) << result;
  EXPECT_THAT(result.out, HasSubstr("SigBlk:\t0000000000000000\n"));
}

// C15, C9, C22: with helper threads callbacks of a phase run side by side, each
// once, and phases stay in order.
TEST(SignalDrainTest, MayUseHelperThreads) {
  const ChildResult result = ResultOfTerm("uses-helper-threads");
  EXPECT_TRUE(result.Killed(SIGTERM)) << result;
  EXPECT_EQ(result.out, "ready\n52 and 50, on signal\n");
  EXPECT_EQ(result.err, "");
}

// C15, C22: what the deadline leaves is reported; the process dies by the
// signal.
TEST(SignalDrainTest, LeavesTheRestAtTheDeadline) {
  const ChildResult result = ResultOfTerm("outlives-deadline");
  EXPECT_TRUE(result.Killed(SIGTERM)) << result;
  EXPECT_EQ(result.out, "ready\n");
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("\"left one\""),
                    HasSubstr("left on signal: DEADLINE_EXCEEDED")));
}

// C15, C22: a callback that hangs: the watchdog's report and its own status.
TEST(SignalDrainTest, IsWatched) {
  const ChildResult result = ResultOfTerm("hangs-briefly");
  EXPECT_TRUE(result.Exited(124)) << result;
  EXPECT_EQ(result.out, "ready\nhangs\n");
  EXPECT_THAT(result.err, AllOf(HasSubstr("the signal drain outlived"),
                                HasSubstr("\"hanging one\" is still running"),
                                HasSubstr("\"left one\" is left")));
}

// C15: the environment overrides the deadline of a signal, and of exit().
TEST(DeadlineVariableTest, OverridesTheProgram) {
  const ChildResult signal =
      ResultOfTerm("hangs-for-hours", "ready\n", WithDeadline("1h"));
  EXPECT_TRUE(signal.Exited(124)) << signal;
  const ChildResult exits = RunChild(
      {HelperPath("signal_drain_child"), "hangs-in-exit"}, WithDeadline("1h"));
  EXPECT_TRUE(exits.Exited(124)) << exits;
  for (const ChildResult* result : {&signal, &exits}) {
    EXPECT_THAT(result->err, Not(HasSubstr("FINALIZE_EXIT_DEADLINE")));
  }
}

// C15: an empty value is as none: nothing is said, and the program's deadline
// holds.
TEST(DeadlineVariableTest, MayBeEmpty) {
  const ChildResult result =
      ResultOfTerm("outlives-deadline", "ready\n", WithDeadline(""));
  EXPECT_TRUE(result.Killed(SIGTERM)) << result;
  EXPECT_THAT(result.err, Not(HasSubstr("FINALIZE_EXIT_DEADLINE")));
  EXPECT_THAT(result.err, HasSubstr("left on signal"));
}

// C15: a value that is none is refused, once, with a message, and the program's
// own deadline holds.
TEST(DeadlineVariableTest, MustBeFiniteAndPositive) {
  for (const char* value : {"soon", "0", "-5s", "inf", "5"}) {
    const ChildResult result =
        ResultOfTerm("outlives-deadline", "ready\n", WithDeadline(value));
    EXPECT_TRUE(result.Killed(SIGTERM)) << result;
    const std::string message =
        std::string("finalize: FINALIZE_EXIT_DEADLINE") + "=\"" + value +
        "\" is not a finite, positive";
    EXPECT_EQ(result.err.find(message), 0u) << result;
    EXPECT_EQ(result.err.find(message, 1), std::string::npos) << result;
    EXPECT_THAT(result.err, HasSubstr("left on signal"));
  }
}

// C38: what is refused is shown escaped: it forges no line.
TEST(DeadlineVariableTest, IsShownEscaped) {
  const ChildResult result = ResultOfTerm(
      "outlives-deadline", "ready\n", WithDeadline("soon\nfinalize: \x1b[2J"));
  EXPECT_TRUE(result.Killed(SIGTERM)) << result;
  EXPECT_THAT(result.err, HasSubstr("=\"soon\\nfinalize: \\x1b[2J\" is no"));
}

}  // namespace
