// SPDX-License-Identifier: Apache-2.0

// A program that links the library and registers nothing behaves as one that
// does not link it: from its first static constructor to its end it makes the
// same system calls. So there is no thread, no signal handler, no memory.
#include <cstdlib>
#include <fstream>
#include <regex>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildResult;
using finalize_test::HelperPath;
using finalize_test::RunChild;
using testing::HasSubstr;
using testing::Not;

// The system calls of a helper program from its static constructors on, one a
// line, without process ids and addresses.
std::string SystemCalls(const std::string& helper,
                        const std::string& argument) {
  const std::string path =
      std::string(getenv("TEST_TMPDIR")) + "/" + helper + argument;
  std::vector<std::string> arguments = {"/usr/bin/strace", "-f", "-o", path,
                                        HelperPath(helper)};
  if (!argument.empty()) arguments.push_back(argument);
  const ChildResult result = RunChild(arguments);
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "start\nmain\n");
  std::ifstream file(path);
  std::string calls;
  bool started = false;
  for (std::string line; std::getline(file, line);) {
    started |= line.find("writev(1, [{iov_base=\"start\"") != std::string::npos;
    if (!started) continue;
    line = std::regex_replace(line, std::regex("^[0-9]+ +"), "");
    calls += std::regex_replace(line, std::regex("0x[0-9a-f]+"), "ADDRESS");
    calls += '\n';
  }
  return calls;
}

// C19: linking the library has no effect.
TEST(NoEffectTest, SystemCallsAreTheSame) {
  const std::string without = SystemCalls("no_effect_bare_child", "");
  const std::string with = SystemCalls("no_effect_child", "");
  EXPECT_THAT(with, HasSubstr("writev(1, [{iov_base=\"main\""));
  EXPECT_EQ(with, without);
}

// C19: the comparison would show it: the first registrations have effects.
TEST(NoEffectTest, UseShows) {
  EXPECT_THAT(SystemCalls("no_effect_child", "use"), HasSubstr("mmap("));
  EXPECT_THAT(SystemCalls("no_effect_child", ""), Not(HasSubstr("mmap(")));
}

}  // namespace
