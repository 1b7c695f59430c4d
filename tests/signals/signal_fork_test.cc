// SPDX-License-Identifier: Apache-2.0

// Signals to the children of a process with exit hooks.
#include <signal.h>

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildOptions;
using finalize_test::ChildProcess;
using finalize_test::ChildResult;
using finalize_test::HelperPath;
using finalize_test::RunChild;

// In a forked child LeakSanitizer may wait for ever for the threads of the
// parent.
ChildResult ResultOf(const std::vector<std::string>& command) {
  ChildOptions options;
  options.environment = {{"LSAN_OPTIONS", "detect_leaks=0"}};
  return RunChild(command, options);
}
ChildResult ResultOf(const std::string& scenario) {
  return ResultOf(
      std::vector<std::string>{HelperPath("signal_fork_child"), scenario});
}

// C22: a child dies as it would without the hooks, and wakes nobody.
TEST(SignalForkTest, ChildDiesByDefault) {
  const ChildResult result = ResultOf("child-dies");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out,
            "parent: child ended by 15\nparent: not woken\nparent: ran\n");
}

// C22: so does the child of a vfork(), which shares its parent's memory.
TEST(SignalForkTest, VforkChildDiesByDefault) {
  const ChildResult result = ResultOf("vfork-child-dies");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out,
            "parent: child ended by 15\nparent: not woken\nparent: ran\n");
}

// C22: a handler of the program's, taken over in the parent, is the child's.
TEST(SignalForkTest, ChildHasTheHandlerOfTheProgram) {
  const ChildResult result = ResultOf("child-has-handler");
  EXPECT_TRUE(result.Killed(SIGTERM)) << result;
  EXPECT_EQ(result.out,
            "child: own handler 15\nparent: child exited with 5\n"
            "parent: not woken\nparent: own handler 15\nparent: signal\n");
}

// C22: a child may install the hooks over a handler that calls those of its
// parent: it runs first, once, and then there is one drain; or, if it is not
// named, none.
TEST(SignalForkTest, ChildMayInstallOverAChain) {
  const ChildResult named = ResultOf("child-names-chain");
  EXPECT_TRUE(named.Exited(0)) << named;
  EXPECT_EQ(named.out,
            "child: own handler\nchild: signal\n"
            "parent: child ended by 15\nparent: not woken\n");
  const ChildResult left = ResultOf("child-leaves-chain");
  EXPECT_TRUE(left.Exited(0)) << left;
  EXPECT_EQ(left.out,
            "child: own handler\n"
            "parent: child ended by 15\nparent: not woken\n");
}

// C21, C22: a child that installs the hooks drains what is its own, at the
// signals that it asked for itself.
TEST(SignalForkTest, ChildMayInstallItsOwn) {
  const ChildResult result = ResultOf("child-installs");
  EXPECT_TRUE(result.Killed(SIGUSR1)) << result;
  EXPECT_EQ(result.out,
            "child: own\nparent: child ended by 15\nparent: not woken\n"
            "parent: child ended by 10\nparent: not woken\nparent: signal\n");
}

// C21, C22: so does a grandchild.
TEST(SignalForkTest, GrandchildMayInstallItsOwn) {
  const ChildResult result = ResultOf("grandchild-installs");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out,
            "grandchild: own\nchild: child ended by 15\nchild: not woken\n"
            "parent: child exited with 5\nparent: not woken\nparent: ran\n");
}

// C21, C22: parent and child may drain at one time.
TEST(SignalForkTest, BothMayDrain) {
  const ChildResult result = ResultOf("both-drain");
  EXPECT_TRUE(result.Killed(SIGTERM)) << result;
  EXPECT_EQ(result.out, "child: own\nparent: child ended by 15\n");
}

// C22: a signal to a forked child does not show in its parent's descriptor. The
// child has a descriptor of its own if it asks for it.
TEST(SignalForkTest, SharesNoDescriptor) {
  const ChildResult child =
      ResultOf({HelperPath("shutdown_loop_child"), "child"});
  EXPECT_TRUE(child.Exited(0)) << child;
  EXPECT_EQ(child.out, "child ended by 15\nsilent\nexit 0\n");
  const ChildResult own =
      ResultOf({HelperPath("shutdown_loop_child"), "child-with-descriptor"});
  EXPECT_TRUE(own.Exited(0)) << own;
  EXPECT_EQ(own.out, "readable in the child\nchild ended by 15\nsilent\n");
}

// C22: the children of PID 1 die by default; a signal that it sends itself
// counts.
TEST(SignalForkTest, ChildOfPidOneDiesByDefault) {
  const ChildResult result =
      ResultOf({HelperPath("fork/pid_one_child"), "launch", "forks"});
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "child ended by 15\nsignal 15\nexited with 143\n");
}

// C21, C22: a daemon that adopts finalizers under inherited handlers drains by
// hooks of its own; those of its parent are not adopted.
TEST(SignalForkTest, AdoptsNoHooks) {
  const std::string helper = HelperPath("fork/adopt_signal_child");
  ChildProcess again({helper, "installs-again"});
  again.AwaitOutput("the end");
  const ChildResult drained = again.Await();
  EXPECT_TRUE(drained.Exited(0)) << drained;
  EXPECT_EQ(drained.out,
            "high: signal\nown: signal\nnewer: signal\nolder: signal\n"
            "killed by 15\n");
  ChildProcess none({helper, "installs-none"});
  none.AwaitOutput("the end");
  const ChildResult died = none.Await();
  EXPECT_TRUE(died.Exited(0)) << died;
  EXPECT_EQ(died.out, "killed by 15\n");
}

}  // namespace
