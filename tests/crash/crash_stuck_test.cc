// SPDX-License-Identifier: Apache-2.0

// The handling of a crash that sticks in the kernel.
#include <signal.h>

#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildResult;
using finalize_test::HelperPath;

// C23: a process whose only thread sticks there is killed.
TEST(CrashStuckTest, KillsAProcessWithoutAnotherThread) {
  const ChildResult result = finalize_test::RunChild(
      {HelperPath("crash_scene_child"), "callback-sticks-alone"},
      {{{"TMPDIR", testing::TempDir()}, {"FINALIZE_REAP", "0"}}});
  EXPECT_TRUE(result.Killed(SIGKILL)) << result;
  EXPECT_EQ(result.out, "sticks\n");
}

}  // namespace
