// SPDX-License-Identifier: Apache-2.0

// Forks of a process with busy threads.
#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildResult;
using finalize_test::HelperPath;
using finalize_test::RunChild;

// C21: fork at any moment deadlocks nothing, and loses nothing in the child.
TEST(ForkMomentTest, MayBeAny) {
  const ChildResult result = RunChild({HelperPath("fork_child"), "fork-loop"});
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "parent: done\n");
}

}  // namespace
