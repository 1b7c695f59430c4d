// SPDX-License-Identifier: Apache-2.0

// Forks on many threads at once.
#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildOptions;
using finalize_test::ChildResult;
using finalize_test::HelperPath;
using finalize_test::RunChild;

// C21: on four threads at once, with four others at work.
TEST(ForkThreadsTest, ManyMayForkAtOnce) {
  ChildOptions options;
  options.environment = {{"LSAN_OPTIONS", "detect_leaks=0"}};
  const ChildResult result =
      RunChild({HelperPath("fork_forms_child"), "four-by-four"}, options);
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "done\n");
  EXPECT_EQ(result.err, "");
}

}  // namespace
