// SPDX-License-Identifier: Apache-2.0

// ExitOptions::failure_exit_code: whether a failed exit drain shows in the
// status of the process.
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildResult;
using finalize_test::HelperPath;
using finalize_test::RunChild;

ChildResult ResultOf(const std::string& scenario) {
  return RunChild({HelperPath("exit_child"), scenario});
}

// C18: by default the status is kept.
TEST(FailureExitCodeTest, IsOffByDefault) {
  const ChildResult result = ResultOf("failure-code-unset");
  EXPECT_TRUE(result.Exited(2)) << result;
  EXPECT_EQ(result.out, "first\nstatic\n");
}

// C18: a failed drain sets it; other exit handlers still run.
TEST(FailureExitCodeTest, ReplacesTheStatus) {
  const ChildResult result = ResultOf("failure-code");
  EXPECT_TRUE(result.Exited(9)) << result;
  EXPECT_EQ(result.out, "first\nstatic\n");
}

// C18: what is skipped is no failure.
TEST(FailureExitCodeTest, IsNotUsedWithoutAFailure) {
  const ChildResult result = ResultOf("failure-code-without-failure");
  EXPECT_TRUE(result.Exited(2)) << result;
  EXPECT_EQ(result.out, "first\n");
}

// C18, C17: a failure counts although a later callback called exit().
TEST(FailureExitCodeTest, OutlivesANestedExit) {
  const ChildResult result = ResultOf("failure-code-then-nested-exit");
  EXPECT_TRUE(result.Exited(9)) << result;
}

// C18, C20: so does one in the drain of what a static destructor registered.
TEST(FailureExitCodeTest, CoversLaterDrains) {
  const ChildResult result = ResultOf("failure-code-in-static-destructor");
  EXPECT_TRUE(result.Exited(9)) << result;
  EXPECT_EQ(result.out, "first\n");
}

}  // namespace
