// SPDX-License-Identifier: Apache-2.0

// A fork of a process with several copies of the library.
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildOptions;
using finalize_test::ChildResult;
using finalize_test::HelperPath;
using finalize_test::RunChild;
using testing::UnorderedElementsAre;

constexpr int kRuns = 20;

// C36, C21: in a forked child nothing holds of what the copies said.
TEST(CopiesForkTest, ChildBeginsAnew) {
  ChildOptions options;
  options.environment = {{"LSAN_OPTIONS", "detect_leaks=0"}};
  for (const char* scenario : {"fork-other", "fork-owner"}) {
    for (int i = 0; i < kRuns; ++i) {
      const ChildResult result =
          RunChild({HelperPath("copies_child"), scenario}, options);
      ASSERT_TRUE(result.Exited(0)) << scenario << result;
      const std::vector<std::string> lines =
          absl::StrSplit(result.out, '\n', absl::SkipEmpty());
      EXPECT_THAT(lines,
                  UnorderedElementsAre("child", "parent", "owner", "other"))
          << scenario;
    }
  }
}

}  // namespace
