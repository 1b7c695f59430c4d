// SPDX-License-Identifier: Apache-2.0

// What a forked child does with what its parent registered: nothing.
#include <algorithm>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildOptions;
using finalize_test::ChildResult;
using finalize_test::HelperPath;
using finalize_test::RunChild;

// What is inherited is leaked by contract, and LeakSanitizer may wait for ever
// for the threads of the parent.
ChildResult ResultOf(const std::string& scenario) {
  ChildOptions options;
  options.environment = {{"LSAN_OPTIONS", "detect_leaks=0"}};
  return RunChild({HelperPath("fork_child"), scenario}, options);
}

// C21: the child's exit() runs nothing that it inherited.
TEST(ForkTest, ExitRunsNothingInherited) {
  const ChildResult result = ResultOf("child-exits");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "parent: child exited with 5\nparent: inherited\n");
}

// C21: nor does its _exit(), which runs nothing of its own either.
TEST(ForkTest, UnderscoreExitRunsNothing) {
  const ChildResult result = ResultOf("child-underscore-exits");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "parent: child exited with 6\nparent: inherited\n");
}

// C21: nor does its return from main.
TEST(ForkTest, ReturnFromMainRunsNothingInherited) {
  const ChildResult result = ResultOf("child-returns-from-main");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "parent: child exited with 0\nparent: inherited\n");
}

// C21: the child's own registrations work, and the parent's go on.
TEST(ForkTest, OwnRegistrationsRun) {
  const ChildResult result = ResultOf("child-registers");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out,
            "child: own second\nchild: own first\n"
            "parent: child exited with 5\nparent: later\nparent: inherited\n");
}

// C21: so it is from each generation to the next.
TEST(ForkTest, GrandchildRunsItsOwn) {
  const ChildResult result = ResultOf("grandchild-registers");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out,
            "of the grandchild\nchild: child exited with 5\nof the child\n"
            "parent: child exited with 5\nparent: of the parent\n");
}

// C21: every verb on an inherited handle is refused.
TEST(ForkTest, InheritedHandlesAreDead) {
  const ChildResult result = ResultOf("handles-in-child");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out,
            "child: all refused\nparent: child exited with 5\nparent: run\n");
}

// C21: inherited callables are not destroyed.
TEST(ForkTest, InheritedCallablesAreLeftAlone) {
  const ChildResult result = ResultOf("callables-in-child");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out,
            "parent: child exited with 5\n"
            "parent: destroyed\nparent: destroyed\n");
}

// C21: the ends of inherited objects run what the child registered on them.
TEST(ForkTest, InheritedObjectsRunOnlyTheChildsOwn) {
  const ChildResult result = ResultOf("objects-in-child");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out,
            "child: own on lifetime\nchild: own in registry\n"
            "parent: child exited with 5\nparent: scope\nparent: shared\n"
            "parent: lifetime\nparent: nested registry\nparent: registry\n");
}

// C21: a drain in progress stops in a child that returns from its callback;
// the child goes on to exit as its parent does.
TEST(ForkInDrainTest, StopsInTheChild) {
  const ChildResult result = ResultOf("fork-in-callback");
  EXPECT_TRUE(result.Exited(3)) << result;
  EXPECT_EQ(result.out,
            "parent: third\nchild: after fork\nparent: child exited with 3\n"
            "parent: after fork\nparent: first\n");
}

// C21: and in one that calls exit() there.
TEST(ForkInDrainTest, EndsByExitInTheChild) {
  const ChildResult result = ResultOf("fork-in-callback-then-exit");
  EXPECT_TRUE(result.Exited(3)) << result;
  EXPECT_EQ(result.out,
            "parent: third\nchild: exits\nparent: child exited with 5\n"
            "parent: first\n");
}

// C21: what such a child registers runs at its end, whichever it is.
TEST(ForkInDrainTest, RunsTheChildsOwn) {
  const ChildResult returns = ResultOf("fork-in-callback-and-register");
  EXPECT_TRUE(returns.Exited(3)) << returns;
  EXPECT_EQ(returns.out,
            "child: own\nparent: child exited with 3\nparent: first\n");
  const ChildResult exits = ResultOf("fork-in-callback-register-and-exit");
  EXPECT_TRUE(exits.Exited(3)) << exits;
  EXPECT_EQ(exits.out,
            "child: own\nparent: child exited with 5\nparent: first\n");
}

// C21: an explicit drain returns in the child, whose registry is empty then.
TEST(ForkInDrainTest, ReturnsFromAnExplicitDrain) {
  const ChildResult result = ResultOf("fork-in-explicit-drain");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out,
            "child: own\nparent: child exited with 5\nparent: first\n");
}

// C21, C15: a fork on a helper thread of a drain.
TEST(ForkInDrainTest, WorksOnHelperThreads) {
  const ChildResult result = ResultOf("fork-in-parallel-drain");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 20);
}

// C21: a child that comes back out of a callback there does not drain on.
TEST(ForkInDrainTest, StopsInTheChildOfAHelperThread) {
  const ChildResult result = ResultOf("return-in-parallel-drain");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "parent: ran\nparent: ran\nparent: ran\n");
}

// C21: a fork on another thread while main drains at exit.
TEST(ForkInDrainTest, WorksBesideTheDrain) {
  const ChildResult result = ResultOf("fork-beside-drain");
  EXPECT_TRUE(result.Exited(3)) << result;
  EXPECT_EQ(result.out,
            "child: exits\nchild: own\nparent: child exited with 5\n"
            "parent: first\n");
}

// C21: the epoch sees a raw clone() and _Fork().
TEST(ForkWithoutHooksTest, IsSeen) {
  for (const char* scenario : {"raw-clone", "underscore-fork"}) {
    const ChildResult result = ResultOf(scenario);
    EXPECT_TRUE(result.Exited(0)) << scenario << result;
    EXPECT_EQ(result.out,
              "child: own, of the grandchild\nchild: child exited with 4\n"
              "child: own\nparent: child exited with 5\nparent: inherited\n");
  }
}

// C21: also by a child that never uses the library itself.
TEST(ForkWithoutHooksTest, IsSeenAtExit) {
  const ChildResult result = ResultOf("raw-clone-idle");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "parent: child exited with 5\nparent: inherited\n");
}

}  // namespace
