// SPDX-License-Identifier: Apache-2.0

// quick_exit(), where it was asked for.
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"
#include "tests/support/exit_lock.h"

namespace {

using finalize_test::ChildResult;
using finalize_test::HelperPath;
using finalize_test::RunChild;
using testing::AllOf;
using testing::HasSubstr;

ChildResult ResultOf(const std::string& scenario) {
  return RunChild({HelperPath("quick_exit_child"), scenario});
}

// C17, C18: it drains at the place of the hooks, with its cause, and keeps its
// status. exit()'s handlers do not run.
TEST(QuickExitTest, DrainsAndKeepsTheStatus) {
  const ChildResult result = ResultOf("quick-exit");
  EXPECT_TRUE(result.Exited(7)) << result;
  EXPECT_EQ(result.out,
            "quick_exit handler after\nfirst, on quick_exit\n"
            "quick_exit handler before\n");
  EXPECT_EQ(result.err, "");
}

// C19: not unless it was asked for.
TEST(QuickExitTest, IsOffByDefault) {
  const ChildResult result = ResultOf("not-asked-for");
  EXPECT_TRUE(result.Exited(7)) << result;
  EXPECT_EQ(result.out, "");
}

// C17: in a callback it goes on with the drain; its status counts.
TEST(QuickExitTest, RunsTheRestOnce) {
  const ChildResult result = ResultOf("quick-exit-in-callback");
  EXPECT_TRUE(result.Exited(8)) << result;
  EXPECT_EQ(result.out, "third\nfirst, on quick_exit\n");
}

// C17: so do exit() in its drain, and quick_exit() in the drain of exit().
TEST(QuickExitTest, MeetsExit) {
  const ChildResult exits = ResultOf("exit-in-callback");
  EXPECT_TRUE(exits.Exited(8)) << exits;
  EXPECT_EQ(exits.out, "third\nfirst, on exit\n");
  const ChildResult quick = ResultOf("quick-exit-in-exit-drain");
  EXPECT_TRUE(quick.Exited(8)) << quick;
  EXPECT_EQ(quick.out, "third\nfirst, on quick_exit\n");
}

// C17: other threads that call either are blocked.
TEST(QuickExitTest, ParksOtherThreads) {
  for (const char* scenario : {"many-quick-exits", "exits-in-quick-exit"}) {
    const ChildResult result = ResultOf(scenario);
    EXPECT_TRUE(result.Exited(7)) << scenario << result;
    EXPECT_EQ(result.out, "blocked\nfirst, on quick_exit\n");
  }
  const ChildResult result = ResultOf("quick-exits-in-exit");
  EXPECT_TRUE(result.Exited(7)) << result;
  EXPECT_EQ(result.out, "blocked\nfirst, on exit\n");
}

// C17: after the exit drain it ends the process, whatever hangs in exit(). From
// glibc 2.41 on it waits for exit(), and the watchdog ends the process.
TEST(QuickExitTest, EndsAHangingExit) {
  const ChildResult result = ResultOf("quick-exit-after-exit-drain");
  EXPECT_TRUE(result.Exited(finalize_test::ExitHasALock() ? 124 : 8)) << result;
  EXPECT_EQ(result.out, "first, on exit\n");
}

// C15: it is watched.
TEST(QuickExitTest, IsWatched) {
  const ChildResult result = ResultOf("quick-exit-hangs");
  EXPECT_TRUE(result.Exited(124)) << result;
  EXPECT_THAT(result.err, AllOf(HasSubstr("the quick_exit drain outlived"),
                                HasSubstr("\"hanging one\" is still")));
}

// C18: a failed drain sets the status, if asked for; other handlers still run.
TEST(QuickExitTest, SetsTheFailureExitCode) {
  const ChildResult result = ResultOf("quick-exit-fails");
  EXPECT_TRUE(result.Exited(9)) << result;
  EXPECT_EQ(result.out, "quick_exit handler\n");
}

// C21: a forked child has the hooks that it installs itself, and no others.
TEST(QuickExitTest, IsNotInherited) {
  const ChildResult inherits = ResultOf("child-inherits");
  EXPECT_TRUE(inherits.Exited(7)) << inherits;
  EXPECT_EQ(inherits.out, "child exited with 5\nof the parent\n");
  const ChildResult installs = ResultOf("child-installs");
  EXPECT_TRUE(installs.Exited(7)) << installs;
  EXPECT_EQ(installs.out, "of the child\nchild exited with 5\nof the parent\n");
}

}  // namespace
