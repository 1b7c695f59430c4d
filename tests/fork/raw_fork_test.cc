// SPDX-License-Identifier: Apache-2.0

// Forks of a process with busy threads, without the library's fork hooks.
#include <string>

#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildResult;
using finalize_test::HelperPath;
using finalize_test::RunChild;

ChildResult ResultOf(const std::string& scenario) {
  return RunChild({HelperPath("fork_child"), scenario});
}

// C21: a raw clone() at any moment deadlocks nothing, although its child may
// find every lock held.
TEST(RawForkTest, MayBeAtAnyMoment) {
  const ChildResult result = ResultOf("raw-fork-loop");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "parent: done\n");
}

// C21: nor does a fork() during the first registration of all, which may come
// before the fork hooks are there.
TEST(RawForkTest, MayBeBeforeTheHooks) {
  for (int i = 0; i < 100; ++i) {
    const ChildResult result = ResultOf("fork-first");
    ASSERT_TRUE(result.Exited(0)) << result;
    ASSERT_EQ(result.out,
              "child: own\nparent: child exited with 5\n"
              "parent: of the parent\n");
  }
}

// C22: a child that ran no fork hook dies as it would without exit hooks.
TEST(RawForkTest, ChildDiesByDefault) {
  const ChildResult result =
      RunChild({HelperPath("signals/signal_fork_child"), "raw-child-dies"});
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out,
            "parent: child ended by 15\nparent: not woken\nparent: ran\n");
}

}  // namespace
