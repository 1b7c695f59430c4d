// SPDX-License-Identifier: Apache-2.0

// Finalizers of AtThreadExit and the end of their process.
#include <cstdlib>
#include <string>

#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildOptions;
using finalize_test::ChildResult;
using finalize_test::HelperPath;
using finalize_test::RunChild;

// A thread that still runs, or that a child has not got, leaks what is its; and
// threads that nobody joins are what is tested.
void ExpectOutput(const std::string& scenario, const std::string& out,
                  int code) {
  ChildOptions options;
  const char* const tsan = getenv("TSAN_OPTIONS");
  options.environment = {{"LSAN_OPTIONS", "detect_leaks=0"},
                         {"TSAN_OPTIONS", std::string(tsan ? tsan : "") +
                                              ":report_thread_leaks=0"}};
  const ChildResult result =
      RunChild({HelperPath("thread_exit_child"), scenario}, options);
  EXPECT_TRUE(result.Exited(code)) << scenario << result;
  EXPECT_EQ(result.out, out) << result;
  EXPECT_EQ(result.err, "") << result;
}

// C25: the main thread's end comes before every exit handler.
TEST(ThreadExitProcessTest, MainEndsFirst) {
  ExpectOutput("main-returns",
               "main, second: thread exit\nmain, first: thread exit\n"
               "process: exit\nstatic object\n",
               0);
  ExpectOutput("main-exits", "main: thread exit\nprocess: exit\n", 3);
}

// C25: also where main ends by pthread_exit and the process goes on.
TEST(ThreadExitProcessTest, MainMayEndByPthreadExit) {
  ExpectOutput("main-pthread-exits", "main: thread exit\nprocess: exit\n", 4);
}

// C25: exit() on another thread runs those of threads that never end.
TEST(ThreadExitProcessTest, ExitRunsThoseOfAllThreads) {
  ExpectOutput("other-exits", "exits: thread exit\nblocked: exit\nmain: exit\n",
               3);
}

// C25, C12: but for those whose at_exit is false.
TEST(ThreadExitProcessTest, ExitSkipsThoseNotForIt) {
  ExpectOutput("detached-thread", "detached: exit\n", 0);
}

// C25, C17: a callback calls exit(): the rest runs in the exit drain.
TEST(ThreadExitProcessTest, ExitInACallbackRunsTheRest) {
  ExpectOutput("exit-in-callback", "exits\nprocess: exit\nolder: exit\n", 5);
  ExpectOutput("exit-in-callback-of-thread", "exits\nolder: exit\nmain: exit\n",
               6);
}

// C25, C21: the child's thread runs what it registered in the child.
TEST(ThreadExitProcessTest, ForkedThreadRunsItsOwn) {
  ExpectOutput("forked-thread",
               "child: thread exit\nchild, low: thread exit\n"
               "thread of the parent: thread exit\nmain: thread exit\n",
               0);
}

// C25, C21: a child that adopts goes on with what its thread registered.
TEST(ThreadExitProcessTest, AdoptedThreadRunsBoth) {
  ExpectOutput("adopted-thread",
               "child: thread exit\nforking thread: thread exit\n"
               "other thread: exit\n",
               7);
}

// C25, C20: a thread that outlives main registers after the exit drain.
TEST(ThreadExitProcessTest, ThreadsMayOutliveMain) {
  ExpectOutput("thread-outlives-main",
               "process: exit\nlate thread: thread exit\n"
               "never ends: exit\nlate: exit\n",
               0);
}

// C25, C1: threads that end while the process does.
TEST(ThreadExitProcessTest, ExitMayMeetThreadsThatEnd) {
  ExpectOutput("exit-race", "drained\n", 0);
}

}  // namespace
