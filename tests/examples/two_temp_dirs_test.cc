// SPDX-License-Identifier: Apache-2.0

// two_temp_dirs prints what its first comment says.

#include "gtest/gtest.h"
#include "tests/examples/tool_run.h"

namespace {

TEST(TwoTempDirsTest, LeavesOnlyWhatNobodyDestroysInDestructorStyle) {
  const finalize_test::ToolRun run =
      finalize_test::RunProgram("examples/two_temp_dirs", {});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(run.errors, "");
  EXPECT_EQ(run.output,
            "with a destructor:\n"
            "  Remove(): the tree is removed; removed() is true\n"
            "  again: removed() is true\n"
            "  end of scope: the tree is removed\n"
            "  one that is never destroyed\n"
            "with a finalizer:\n"
            "  Remove(): the tree is removed; removed() is true\n"
            "  again: removed() is true\n"
            "  end of scope: the tree is removed\n"
            "  one that is never destroyed\n"
            "exit: the tree is removed\n"
            "left on disk: 1\n");
}

}  // namespace
