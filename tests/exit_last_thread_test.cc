// A process that ends with its last thread.
#include <string>

#include "gtest/gtest.h"
#include "tests/child_process.h"

namespace {

using finalize_test::ChildResult;
using finalize_test::HelperPath;
using finalize_test::RunChild;

// C20: main ended by pthread_exit(); the process ends with its last thread.
TEST(ExitLastThreadTest, DrainsAfterTheEndOfMain) {
  const ChildResult result =
      RunChild({HelperPath("exit_thread_child"), "main-ended"});
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "main has ended\nran\n");
}

}  // namespace
