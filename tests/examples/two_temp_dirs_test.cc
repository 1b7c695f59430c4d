// SPDX-License-Identifier: Apache-2.0

// two_temp_dirs prints what its first comment says.

#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

TEST(TwoTempDirsTest, LeavesOnlyWhatNobodyDestroysInDestructorStyle) {
  // It shows what leaks.
  const finalize_test::ChildResult run = finalize_test::RunChild(
      {"examples/two_temp_dirs"}, {{{"LSAN_OPTIONS", "detect_leaks=0"}}});
  EXPECT_TRUE(run.Exited(0)) << run;
  EXPECT_EQ(run.err, "");
  EXPECT_EQ(run.out,
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
