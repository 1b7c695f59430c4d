// SPDX-License-Identifier: Apache-2.0

// How compare_tempdirs runs the process of a scenario.
#include <signal.h>
#include <sys/stat.h>

#include <cstdlib>
#include <string>

#include "absl/time/time.h"
#include "examples/compare/play/process.h"
#include "examples/compare/scenarios/ending.h"
#include "gtest/gtest.h"

namespace {

// The process has a child that lives on, and neither would ever end.
TEST(ProcessTest, KillsTheWholeFamilyAtTheLimit) {
  compare::ProcessRequest request;
  request.program = "/bin/sh";
  request.arguments = {"-c", "sleep 100000 & exec sleep 100000"};
  request.temp_directory = getenv("TEST_TMPDIR");
  request.output_directory = getenv("TEST_TMPDIR");
  request.limit = absl::Milliseconds(50);
  const auto result = compare::RunProcess(request);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->killed);
  EXPECT_EQ(result->ending, compare::DiesBy(SIGKILL));
}

// The process ends at once; its child writes when it sees that.
TEST(ProcessTest, WaitsForWhatTheProcessForked) {
  compare::ProcessRequest request;
  request.program = "/bin/sh";
  const std::string end = std::string(getenv("TEST_TMPDIR")) + "/end";
  ASSERT_EQ(mkfifo(end.c_str(), 0600), 0);
  request.arguments = {"-c", "(read none <$0; echo late) & exec 9>$0; exit 7",
                       end};
  request.temp_directory = getenv("TEST_TMPDIR");
  request.output_directory = getenv("TEST_TMPDIR");
  request.limit = absl::Minutes(10);
  const auto result = compare::RunProcess(request);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->ending, compare::Exits(7));
  EXPECT_EQ(result->output, "late\n");
}

}  // namespace
