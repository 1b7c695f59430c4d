// SPDX-License-Identifier: Apache-2.0

// The end of a process whose callbacks are suspended, or have moved (contract
// C3, C17).
#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildResult;
using finalize_test::HelperPath;
using finalize_test::RunChild;

// C3: nothing is left of callbacks that ended out of order.
TEST(FiberExitTest, DrainsAfterCallbacksThatEndedOutOfOrder) {
  const ChildResult result = RunChild({HelperPath("fiber_child"), "all-ended"});
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "rest\n");
  EXPECT_EQ(result.err, "");
}

// C3: it waits for no callback whose stack is gone.
TEST(FiberExitTest, DrainsBesideCallbacksThatNeverReturn) {
  const ChildResult result =
      RunChild({HelperPath("fiber_child"), "never-returned"});
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "late\nrest\n");
}

// C17: a callback that has moved to another thread calls exit() there. The
// drain does not wait for it to the deadline, which is far.
TEST(FiberExitTest, CallbackExitsWhereItMoved) {
  finalize_test::ChildOptions options;
  options.environment = {{"FINALIZE_EXIT_DEADLINE", "10000"}};
  for (const char* scenario :
       {"exits-where-it-moved", "exits-in-a-drain-that-moved"}) {
    const ChildResult result =
        RunChild({HelperPath("fiber_child"), scenario}, options);
    EXPECT_TRUE(result.Exited(3)) << result;
    EXPECT_EQ(result.out, "rest\n");
  }
}

}  // namespace
