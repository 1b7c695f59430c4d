// SPDX-License-Identifier: Apache-2.0

// Forks that run no fork hook, with kernels that wipe no page in the child.
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildResult;
using finalize_test::HelperPath;
using finalize_test::RunChild;

// How MADV_WIPEONFORK fares: what the second argument of the child says.
class UnwipedForkTest : public testing::TestWithParam<const char*> {
 protected:
  static ChildResult ResultOf(const std::string& scenario) {
    return RunChild({HelperPath("unwiped_fork_child"), scenario, GetParam()});
  }
};
INSTANTIATE_TEST_SUITE_P(Kernels, UnwipedForkTest,
                         testing::Values("wipes", "swallows", "refuses"),
                         [](const auto& tested) {
                           return std::string(tested.param);
                         });

// C21: the child runs its own finalizers only.
TEST_P(UnwipedForkTest, ChildHasItsOwnFinalizers) {
  const ChildResult result = ResultOf("registers");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "of the child\nchild exited with 5\ninherited\n");
}

// C21: also if it never uses the library itself.
TEST_P(UnwipedForkTest, IdleChildRunsNothing) {
  const ChildResult result = ResultOf("idle");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "child exited with 5\ninherited\n");
}

// C21: also if its parent is a child that fork() made.
TEST_P(UnwipedForkTest, GrandchildHasItsOwnFinalizers) {
  const ChildResult result = ResultOf("grandchild");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out,
            "of the child\nchild exited with 5\ninherited\n"
            "child exited with 4\ninherited\n");
}

// C21: its end removes no directory of the parent.
TEST_P(UnwipedForkTest, ChildRemovesNoDirectory) {
  for (const char* style : {"destructor-style", "finalizer-style"}) {
    const ChildResult result = ResultOf(style);
    EXPECT_TRUE(result.Exited(0)) << style << result;
    EXPECT_EQ(result.out, "child exited with 5\nthere\n") << style;
  }
}

// C21, C22: the exit hooks are not the child's.
TEST_P(UnwipedForkTest, SignalEndsTheChildByDefault) {
  const ChildResult result = ResultOf("signal");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "child ended by 15\ninherited\n");
}

// C21: the child of a PID 1 that is PID 1 in a namespace of its own.
TEST_P(UnwipedForkTest, PidMayBeThatOfTheParent) {
  const ChildResult result = ResultOf("pid-one");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out,
            "of the child\nchild exited with 5\ninherited\n"
            "child exited with 0\n");
}

}  // namespace
