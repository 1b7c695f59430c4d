// SPDX-License-Identifier: Apache-2.0

// What a fork costs the child of a process with many finalizers, in pages.
#include <sstream>
#include <string>

#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildOptions;
using finalize_test::ChildResult;
using finalize_test::HelperPath;
using finalize_test::RunChild;

struct Cost {
  long looked_at = -1;  // by the child, in KiB
  long written = -1;    // in faults
  long drained = -1;    // looked at by the parent's drain, in KiB
};

Cost CostWith(const std::string& pending) {
  ChildOptions options;
  options.environment = {{"LSAN_OPTIONS", "detect_leaks=0"}};
  const ChildResult result =
      RunChild({HelperPath("fork_cost_child"), pending}, options);
  EXPECT_TRUE(result.Exited(0)) << result;
  std::istringstream out(result.out);
  Cost cost;
  std::string own;
  out >> cost.looked_at >> cost.written >> own >> cost.drained;
  EXPECT_EQ(own, "own") << result;
  return cost;
}

// C21: the child looks at no more memory, and copies no more of it, where its
// parent had a million finalizers. (They fill 60 MB: a drain looks at that.)
TEST(ForkCostTest, DoesNotGrowWithWhatIsPending) {
  constexpr long kMillion = 60 * 1024;
  constexpr int kTries = 10;
  const Cost one = CostWith("one");
  Cost million = CostWith("million");
  EXPECT_GT(million.drained, one.drained + kMillion);
  // Where the kernel samples the accesses of its processes (DAMON), the child
  // seems to have looked at a page that its parent has. That only adds.
  for (int i = 1; i < kTries; ++i) {
    if (million.looked_at < one.looked_at + kMillion / 10) break;
    million = CostWith("million");
  }
  EXPECT_LT(million.looked_at, one.looked_at + kMillion / 10);
  EXPECT_LT(million.written, one.written + 100);
}

}  // namespace
