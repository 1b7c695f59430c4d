// SPDX-License-Identifier: Apache-2.0

// What is to run at the end of a thread or a process, where there is no memory
// for it, or the C library has no more keys or handlers.
#include <signal.h>

#include <string>

#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildProcess;
using finalize_test::ChildResult;
using finalize_test::HelperPath;
using finalize_test::RunChild;

// Its input stays open: it ends by itself.
ChildResult ResultOf(const std::string& scenario) {
  ChildProcess child({HelperPath("no_memory_end_child"), scenario});
  child.AwaitOutput("the end");
  return child.Await();
}

// C20: without a handler at exit a registration is refused, or runs now. Later
// ones may find one.
TEST(NoExitHandlerTest, RefusesRegistrations) {
  const ChildResult result = ResultOf("no-exit-handlers");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "refused: at exit\nnow\nanother registry\nat exit\n");
  EXPECT_EQ(result.err, "");
}

// C25, C20: without a key the end of a thread would not be seen: so it is with
// those on threads, and the process registry works on.
TEST(NoThreadKeyTest, RefusesAtThreadExit) {
  const ChildResult result = ResultOf("no-keys");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out,
            "refused: thread exit\nrefused: thread exit\nnow\n"
            "thread\nmain thread\nat exit\n");
  EXPECT_EQ(result.err, "");
}

// C22, C23: InstallExitHooks says that there is no memory, be it for the stack
// for crashes, installs nothing then, and may be called again.
TEST(NoMemoryForHooksTest, IsSaid) {
  for (const char* scenario : {"no-memory-for-hooks", "no-memory-for-all-hooks",
                               "no-memory-for-crash-stack"}) {
    const ChildResult result = ResultOf(scenario);
    EXPECT_TRUE(result.Killed(SIGTERM)) << scenario << result;
    EXPECT_EQ(result.out, "signal\n") << scenario;
    EXPECT_EQ(result.err, "");
  }
}

// C12, C14: the drain of exit() runs everything once; what it skips, and what
// is pending again, is reported and destroyed. The watchdog may have no thread,
// and says so.
TEST(NoMemoryAtExitTest, RunsAndDropsEach) {
  for (const char* scenario : {"one-fails", "rest-fail"}) {
    const ChildResult result =
        RunChild({HelperPath("no_memory_exit_child"), scenario});
    EXPECT_TRUE(result.Exited(0)) << scenario << result;
    EXPECT_EQ(result.out, "done\n") << scenario;
  }
}

}  // namespace
