// Forks of a process with busy threads.
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "gtest/gtest.h"
#include "tests/child_process.h"

namespace {

using finalize_test::ChildOptions;
using finalize_test::ChildResult;
using finalize_test::HelperPath;
using finalize_test::RunChild;

// C21: fork at any moment deadlocks nothing, and loses nothing in the child.
TEST(ForkMomentTest, MayBeAny) {
  const ChildResult result = RunChild({HelperPath("fork_child"), "fork-loop"});
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "parent: done\n");
}

// C21: other threads may be at work on temp dirs of either style, and nothing
// of those is left.
class ForkBesideTempDirsTest : public testing::TestWithParam<const char*> {};

TEST_P(ForkBesideTempDirsTest, DeadlocksNothing) {
  std::string parent = testing::TempDir() + "/fork_XXXXXX";
  ASSERT_NE(mkdtemp(parent.data()), nullptr);
  ChildOptions options;
  options.environment = {{"TMPDIR", parent}};
  const ChildResult result =
      RunChild({HelperPath("adopt_temp_dir_child"), GetParam()}, options);
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "done\n") << result;
  EXPECT_EQ(result.err, "") << result;
  EXPECT_EQ(rmdir(parent.c_str()), 0) << "something is left";
}

INSTANTIATE_TEST_SUITE_P(Styles, ForkBesideTempDirsTest,
                         testing::Values("destructor-busy", "finalizer-busy"));

}  // namespace
