// SPDX-License-Identifier: Apache-2.0

// What InstallExitHooks does with signals.
#include <signal.h>

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "finalize/exit_hooks.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize::ExitHooks;
using finalize_test::ChildProcess;
using finalize_test::ChildResult;
using finalize_test::HelperPath;
using finalize_test::RunChild;
using testing::HasSubstr;

ChildResult ResultOf(const std::string& scenario) {
  return RunChild({HelperPath("signal_child"), scenario});
}

// Sends `signal` to a process that has said that it is ready. It ends by the
// signal: its input stays open.
ChildResult ResultOfSending(int signal, const std::string& scenario) {
  ChildProcess child({HelperPath("signal_child"), scenario});
  EXPECT_TRUE(child.AwaitOutput("ready\n"));
  child.Signal(signal);
  child.AwaitOutput("the end");
  return child.Await();
}

std::string CauseText(int signal) {
  return "signal " + std::to_string(signal) + "\n";
}

// C22: the usual signals drain, with their cause, and the process dies by them.
// Neither exit handlers nor static destructors nor stdio see it.
TEST(SignalTest, DrainsAndDiesByIt) {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    const ChildResult result = ResultOfSending(signal, "drains");
    EXPECT_TRUE(result.Killed(signal)) << result;
    EXPECT_EQ(result.out, "ready\n" + CauseText(signal) + "first\n");
    EXPECT_EQ(result.err, "");
  }
}

// C22: so do others that are named, beside the usual ones.
TEST(SignalTest, TakesWhatIsNamed) {
  for (const int signal : {SIGUSR1, SIGQUIT, SIGRTMIN + 2, SIGTERM}) {
    const ChildResult result = ResultOfSending(signal, "named");
    EXPECT_TRUE(result.Killed(signal)) << result;
    EXPECT_EQ(result.out, "ready\n" + CauseText(signal));
  }
}

// C22: the usual ones can be left out.
TEST(SignalTest, TakesOnlyWhatIsNamed) {
  const ChildResult term = ResultOfSending(SIGTERM, "only-named");
  EXPECT_TRUE(term.Killed(SIGTERM)) << term;
  EXPECT_EQ(term.out, "ready\n");
  const ChildResult usr1 = ResultOfSending(SIGUSR1, "only-named");
  EXPECT_TRUE(usr1.Killed(SIGUSR1)) << usr1;
  EXPECT_EQ(usr1.out, "ready\n" + CauseText(SIGUSR1));
}

// C22: it does not matter which thread a signal comes to, nor that it started
// before the hooks.
TEST(SignalTest, MayComeToAnyThread) {
  const ChildResult other = ResultOfSending(SIGTERM, "on-another-thread");
  EXPECT_TRUE(other.Killed(SIGTERM)) << other;
  EXPECT_EQ(other.out, "ready\n" + CauseText(SIGTERM));
  const ChildResult sent = ResultOf("sent-to-a-thread");
  EXPECT_TRUE(sent.Killed(SIGTERM)) << sent;
  EXPECT_EQ(sent.out, CauseText(SIGTERM));
}

// C22: ignored at start stays ignored, named or not.
TEST(SignalTest, LeavesIgnoredOnesIgnored) {
  const ChildResult result = ResultOfSending(SIGTERM, "ignored");
  EXPECT_TRUE(result.Killed(SIGTERM)) << result;
  EXPECT_EQ(result.out, "ready\n" + CauseText(SIGTERM));
}

// C22: a handler of the program's is left alone.
TEST(SignalTest, LeavesHandlersAlone) {
  const ChildResult result = ResultOfSending(SIGINT, "left-alone");
  EXPECT_TRUE(result.Killed(SIGINT)) << result;
  EXPECT_EQ(result.out, "own handler 15\nown handler 15\nready\nsignal 2\n");
}

// C22: one installed later is the program's choice, too, unless a further call
// names its signal.
TEST(SignalTest, LeavesLaterHandlersAlone) {
  const ChildResult result = ResultOfSending(SIGINT, "installed-later");
  EXPECT_TRUE(result.Killed(SIGINT)) << result;
  EXPECT_EQ(result.out, "own handler 15\nown handler 15\nready\nsignal 2\n");
}

// C22: where its signal is named, the program's handler runs first, with what
// it asked for.
TEST(SignalTest, RunsANamedHandlerFirst) {
  const ChildResult result = ResultOf("runs-first");
  EXPECT_TRUE(result.Killed(SIGTERM)) << result;
  EXPECT_EQ(result.out,
            "own handler 15\nits mask\nsent by kill\na context\nsignal 15\n");
}

// C22: if that does not return, the next signal ends the process at once.
TEST(SignalTest, MeansNowAfterAHandlerThatJumpsAway) {
  const ChildResult result = ResultOf("jumps-away");
  EXPECT_TRUE(result.Killed(SIGTERM)) << result;
  EXPECT_EQ(result.out, "jumped away\n");
}

// C22: it does so in that handler, too.
TEST(SignalTest, MeansNowInAHandlerThatDoesNotReturn) {
  const ChildResult result = ResultOf("never-returns");
  EXPECT_TRUE(result.Killed(SIGINT)) << result;
  EXPECT_EQ(result.out, "in own handler\n");
}

// C22: what a signal interrupts does not notice.
TEST(SignalTest, InterruptsNothing) {
  const ChildResult result = ResultOf("good-citizen");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "restarts\non its stack\nerrno kept\n");
}

// C22: without a grace a second signal means now, the same or another.
TEST(SignalTest, SecondOneEndsTheProcessAtOnce) {
  for (const int second : {SIGTERM, SIGINT, SIGHUP}) {
    ChildProcess child({HelperPath("signal_child"), "blocks-in-callback"});
    ASSERT_TRUE(child.AwaitOutput("ready\n"));
    child.Signal(SIGTERM);
    ASSERT_TRUE(child.AwaitOutput("draining\n"));
    child.Signal(second);
    child.AwaitOutput("the end");
    const ChildResult result = child.Await();
    EXPECT_TRUE(result.Killed(second)) << result;
    EXPECT_EQ(result.out, "ready\ndraining\n");
  }
}

// C22, C1: a thousand signals end a process once.
TEST(SignalTest, SurvivesNoBurst) {
  for (int round = 0; round < 5; ++round) {
    ChildProcess child({HelperPath("signal_child"), "burst"});
    ASSERT_TRUE(child.AwaitOutput("ready\n"));
    for (int i = 0; i < 1000; ++i) child.Signal(SIGTERM);
    const ChildResult result = child.Await();
    ASSERT_TRUE(result.Killed(SIGTERM)) << result;
    ASSERT_TRUE(result.out == "ready\n" || result.out == "ready\nran\n");
    ASSERT_EQ(result.err, "");
  }
}

// C22: a further call adds to the one before.
TEST(InstallExitHooksTest, AddsToAnEarlierCall) {
  for (const int signal : {SIGUSR1, SIGTERM}) {
    const ChildResult result = ResultOfSending(signal, "install-twice");
    EXPECT_TRUE(result.Killed(signal)) << result;
    EXPECT_EQ(result.out, "ready\n" + CauseText(signal));
  }
}

// C22: it may be called on several threads at once.
TEST(InstallExitHooksTest, IsThreadSafe) {
  const ChildResult result =
      ResultOfSending(SIGTERM, "install-on-many-threads");
  EXPECT_TRUE(result.Killed(SIGTERM)) << result;
  EXPECT_EQ(result.out, "ready\n" + CauseText(SIGTERM));
}

// C22: without a thread there is no handler; a later call may find one.
TEST(InstallExitHooksTest, NeedsAThread) {
  const ChildResult result = ResultOf("no-thread");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out,
            "RESOURCE_EXHAUSTED: no thread for the exit hooks\n"
            "no handler\nOK\n");
}

// C22: what cannot be taken is refused, and named.
TEST(InstallExitHooksTest, RefusesWhatDoesNotAskToEnd) {
  for (const int signal : {SIGKILL, SIGSTOP, SIGSEGV, SIGABRT, SIGCHLD, SIGTSTP,
                           SIGCONT, 0, -1, 33, 1000}) {
    ExitHooks hooks;
    hooks.signals = {SIGUSR1, signal};
    const absl::Status status = finalize::InstallExitHooks(hooks);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << signal;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("ExitHooks::signals: " + std::to_string(signal)));
  }
  struct sigaction action;
  sigaction(SIGUSR1, nullptr, &action);
  EXPECT_EQ(action.sa_handler, SIG_DFL);
}

}  // namespace
