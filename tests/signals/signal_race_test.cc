// SPDX-License-Identifier: Apache-2.0

// Signals that meet exit(), and busy threads.
#include <signal.h>

#include <algorithm>
#include <string>

#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildProcess;
using finalize_test::ChildResult;
using finalize_test::HelperPath;
using finalize_test::RunChild;

ChildResult ResultOf(const std::string& scenario) {
  return RunChild({HelperPath("signal_race_child"), scenario});
}

// Sends SIGTERM to a process that has said `when`. Its input stays open.
ChildResult ResultOfTerm(const std::string& scenario,
                         const std::string& when = "ready\n") {
  ChildProcess child({HelperPath("signal_race_child"), scenario});
  EXPECT_TRUE(child.AwaitOutput(when));
  child.Signal(SIGTERM);
  child.AwaitOutput("the end");
  return child.Await();
}

// C22, C17: a signal during the exit drain lets it finish; then the process
// dies by the signal, before older static destructors.
TEST(SignalAndExitTest, SignalOverrulesExit) {
  const ChildResult sent = ResultOfTerm("during-exit-drain", "draining\n");
  EXPECT_TRUE(sent.Killed(SIGTERM)) << sent;
  EXPECT_EQ(sent.out, "draining\nfirst, on exit\n");
  const ChildResult raised = ResultOf("raises-in-exit-drain");
  EXPECT_TRUE(raised.Killed(SIGTERM)) << raised;
  EXPECT_EQ(raised.out, "third\nfirst, on exit\n");
}

// C22: so it is during the drain of quick_exit().
TEST(SignalAndExitTest, SignalOverrulesQuickExit) {
  const ChildResult sent =
      ResultOfTerm("during-quick-exit-drain", "draining\n");
  EXPECT_TRUE(sent.Killed(SIGTERM)) << sent;
  EXPECT_EQ(sent.out, "draining\nfirst, on quick_exit\n");
}

// C22: a second one, after the grace, ends the exit drain, too.
TEST(SignalAndExitTest, SecondSignalMeansNow) {
  ChildProcess child({HelperPath("signal_race_child"), "blocks-in-exit-drain"});
  ASSERT_TRUE(child.AwaitOutput("draining\n"));
  child.Signal(SIGTERM);
  ASSERT_TRUE(child.AwaitOutput("asked\n"));
  child.Signal(SIGINT);
  child.AwaitOutput("the end");
  const ChildResult result = child.Await();
  EXPECT_TRUE(result.Killed(SIGINT)) << result;
  EXPECT_EQ(result.out, "draining\nasked\n");
}

// C22: after the exit drain there is nothing to wait for.
TEST(SignalAndExitTest, SignalAfterTheExitDrainMeansNow) {
  const ChildResult result = ResultOfTerm("after-exit-drain", "static\n");
  // The static was complete before the first registration.
  EXPECT_TRUE(result.Killed(SIGTERM)) << result;
  EXPECT_EQ(result.out, "first, on exit\nstatic\n");
}

// C17, C22: exit() during the drain of a signal stands by.
TEST(SignalAndExitTest, ExitStandsBy) {
  const ChildResult result = ResultOf("exit-during-drain");
  EXPECT_TRUE(result.Killed(SIGTERM)) << result;
  EXPECT_EQ(result.out, "blocked\nfirst, on signal\n");
}

// C1, C17, C22: two calls of exit() and a signal at one moment: whoever ends
// the process, everything ran once.
TEST(SignalAndExitTest, DrainOnceTogether) {
  for (int i = 0; i < 200; ++i) {
    const ChildResult result = ResultOf("race");
    ASSERT_TRUE(result.Killed(SIGTERM) || result.Exited(3)) << result;
    ASSERT_EQ(result.out, "first\n") << result;
    ASSERT_EQ(result.err, "");
  }
}

// C22: a signal that was handled before exit() is called decides the end, even
// if the thread that serves signals has not run since.
TEST(SignalAndExitTest, SignalBeforeExitOverrulesIt) {
  const ChildResult exits = ResultOf("before-exit");
  EXPECT_TRUE(exits.Killed(SIGTERM)) << exits;
  EXPECT_EQ(exits.out, "first, on exit\n");
  const ChildResult quick = ResultOf("before-quick-exit");
  EXPECT_TRUE(quick.Killed(SIGTERM)) << quick;
  EXPECT_EQ(quick.out, "first, on quick_exit\n");
}

// C22: also if there is nothing to drain.
TEST(SignalAndExitTest, SignalBeforeExitOverrulesItAlone) {
  const ChildResult result = ResultOf("before-exit-alone");
  EXPECT_TRUE(result.Killed(SIGTERM)) << result;
  EXPECT_EQ(result.out, "");
}

// C22: a program with a shutdown loop calls exit() because of the signal.
TEST(SignalAndExitTest, ShutdownLoopDecidesBeforeExit) {
  const ChildResult result = ResultOf("before-exit-of-a-loop");
  EXPECT_TRUE(result.Exited(3)) << result;
  EXPECT_EQ(result.out, "first, on exit\n");
}

// C22, C21: the signal of a parent is not that of its child.
TEST(SignalAndExitTest, SignalBeforeForkIsTheParents) {
  const ChildResult result = ResultOf("before-fork-and-exit");
  EXPECT_TRUE(result.Killed(SIGTERM)) << result;
  EXPECT_EQ(result.out, "child\nfirst, on exit\n");
}

// C22, C10: a service that registers for ever ends, and each registration that
// was accepted has run.
TEST(BusySignalTest, EndsABusyProcess) {
  for (int i = 0; i < 20; ++i) {
    const ChildResult result = ResultOfTerm("busy", "go\n");
    ASSERT_TRUE(result.Killed(SIGTERM)) << result;
    const auto accepted = std::count(result.out.begin(), result.out.end(), 'a');
    const auto ran = std::count(result.out.begin(), result.out.end(), 'r');
    ASSERT_GE(ran, accepted);
    ASSERT_LE(ran, accepted + 3);  // not yet told by their threads
    ASSERT_EQ(result.err, "");
  }
}

// C22: a signal on a thread that holds a lock of the registry.
TEST(BusySignalTest, NeedsNoLock) {
  for (int i = 0; i < 100; ++i) {
    const ChildResult result = ResultOfTerm("holds-locks");
    ASSERT_TRUE(result.Killed(SIGTERM)) << result;
    ASSERT_EQ(result.out, "ready\nfirst, on signal\n");
    ASSERT_EQ(result.err, "");
  }
}

// C22, C21: a signal on a thread that forks.
TEST(BusySignalTest, MayComeDuringFork) {
  for (int i = 0; i < 100; ++i) {
    const ChildResult result = ResultOfTerm("fork-loop");
    ASSERT_TRUE(result.Killed(SIGTERM)) << result;
    ASSERT_EQ(result.out, "ready\nfirst, on signal\n");
    ASSERT_EQ(result.err, "");
  }
}

}  // namespace
