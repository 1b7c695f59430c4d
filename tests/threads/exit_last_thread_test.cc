// SPDX-License-Identifier: Apache-2.0

// A process that ends with its last thread.
#include <string>

#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildOptions;
using finalize_test::ChildResult;
using finalize_test::HelperPath;
using finalize_test::RunChild;

// C20: main ended by pthread_exit(); the process ends with its last thread. The
// C library then forgets the thread_locals of main, with its list of them: any
// such program leaks.
TEST(ExitLastThreadTest, DrainsAfterTheEndOfMain) {
  ChildOptions options;
  options.environment = {{"LSAN_OPTIONS", "detect_leaks=0"}};
  const ChildResult result =
      RunChild({HelperPath("exit_thread_child"), "main-ended"}, options);
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "main has ended\nran\n");
}

}  // namespace
