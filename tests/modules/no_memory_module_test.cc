// SPDX-License-Identifier: Apache-2.0

// dlclose() without memory.

#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildResult;
using finalize_test::HelperPath;
using finalize_test::RunChild;

// C24, C1: each callback of the module runs once before its text is gone,
// whichever allocation fails, or whichever are the last to succeed.
TEST(NoMemoryModuleTest, RunsEachOnce) {
  for (const char* scenario : {"one-fails", "rest-fail"}) {
    const ChildResult result =
        RunChild({HelperPath("no_memory_module_child"), scenario});
    EXPECT_TRUE(result.Exited(0)) << scenario << result;
    EXPECT_EQ(result.out, "done\n") << scenario;
    EXPECT_EQ(result.err, "") << scenario;
  }
}

}  // namespace
