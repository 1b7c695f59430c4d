// SPDX-License-Identifier: Apache-2.0

// Forks beside threads that make and remove temp dirs all the time.

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"
#include "tests/support/temp_dir_fixture.h"

namespace {

using finalize_test::ChildOptions;
using finalize_test::ChildResult;
using finalize_test::Entries;
using finalize_test::HelperPath;
using finalize_test::TempDirFixture;
using testing::IsEmpty;

class ForkBesideTempDirsTest : public TempDirFixture {
 protected:
  ChildResult Run(const char* program, const std::string& scenario) {
    ChildOptions options;
    options.environment = {{"TMPDIR", scratch().native()},
                           {"FINALIZE_REAP", "0"},
                           {"FINALIZE_EXIT_DEADLINE", "60s"}};
    return finalize_test::RunChild({HelperPath(program), scenario}, options);
  }
};

// C21: nothing hangs, the children adopt what is theirs, and the parent leaves
// nothing.
TEST_F(ForkBesideTempDirsTest, ChildrenAdopt) {
  for (const char* scenario : {"destructor-busy", "finalizer-busy"}) {
    const ChildResult result = Run("adopt_temp_dir_child", scenario);
    EXPECT_TRUE(result.Exited(0)) << result;
    EXPECT_EQ(result.out, "done\n") << result;
    EXPECT_EQ(result.err, "") << result;
    EXPECT_THAT(Entries(scratch()), IsEmpty()) << scenario;
  }
}

// C21, C27: beside the thread that removes in the background, too. Children
// that end by _exit, after their last temp dir, leave nothing.
TEST_F(ForkBesideTempDirsTest, ChildrenRemoveInTheBackground) {
  const ChildResult result =
      Run("temp_dir/background_removal_child", "forks-at-work");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "") << result;
  EXPECT_THAT(Entries(scratch()), IsEmpty());
}

}  // namespace
