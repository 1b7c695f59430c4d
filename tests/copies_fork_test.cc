// A fork of a process with several copies of the library.
#include <sstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/child_process.h"

namespace {

using finalize_test::ChildOptions;
using finalize_test::ChildResult;
using finalize_test::HelperPath;
using finalize_test::RunChild;
using testing::UnorderedElementsAre;

constexpr int kRuns = 20;

std::vector<std::string> LinesOf(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// C36, C21: in a forked child nothing holds of what the copies said.
TEST(CopiesForkTest, ChildBeginsAnew) {
  ChildOptions options;
  options.environment = {{"LSAN_OPTIONS", "detect_leaks=0"}};
  for (const char* scenario : {"fork-other", "fork-owner"}) {
    for (int i = 0; i < kRuns; ++i) {
      const ChildResult result =
          RunChild({HelperPath("copies_child"), scenario}, options);
      ASSERT_TRUE(result.Exited(0)) << scenario << result;
      EXPECT_THAT(LinesOf(result.out),
                  UnorderedElementsAre("child", "parent", "owner", "other"))
          << scenario;
    }
  }
}

}  // namespace
