// SPDX-License-Identifier: Apache-2.0

// What is reported during an exit drain, where, and by whom.
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildResult;
using finalize_test::HelperPath;
using finalize_test::RunChild;
using testing::HasSubstr;
using testing::MatchesRegex;

ChildResult ResultOf(const std::string& scenario) {
  return RunChild({HelperPath("exit_reporter_child"), scenario});
}

// C14: the default reporter writes a line to standard error, with number,
// phase, place, name, callback, cause and failure.
TEST(ExitReporterTest, WritesALineByDefault) {
  const ChildResult result = ResultOf("fails");
  EXPECT_TRUE(result.Exited(3)) << result;
  EXPECT_EQ(result.out, "first\n");
  EXPECT_THAT(
      result.err,
      MatchesRegex(
          "finalize: #[0-9]+ phase 7 tests/exit/exit_reporter_child.cc:"
          "[0-9]+ \"failing one\" .* failed on exit after [^ ]+: UNKNOWN: "
          "exception of type std::runtime_error: reason\n"));
}

// C14: with one write each, so that lines of several processes do not mix.
TEST(ExitReporterTest, WritesEachLineAtOnce) {
  const ChildResult result = ResultOf("fails-twice");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "finalize: one line\nfinalize: one line\n");
}

// C14: a closed standard error stops nothing.
TEST(ExitReporterTest, NeedsNoStandardError) {
  const ChildResult result = ResultOf("fails-without-standard-error");
  EXPECT_TRUE(result.Exited(3)) << result;
  EXPECT_EQ(result.out, "first\n");
}

// C14: nor does one that nobody reads: there is no SIGPIPE, for the program's
// own handler neither.
TEST(ExitReporterTest, NeedsNoReader) {
  for (const char* scenario :
       {"fails-without-reader", "fails-without-reader-under-handler"}) {
    const ChildResult result = ResultOf(scenario);
    EXPECT_TRUE(result.Exited(3)) << scenario << result;
    EXPECT_EQ(result.out, "first\n");
  }
}

// C14: a reporter of the program's takes its place.
TEST(ExitReporterTest, IsReplaced) {
  const ChildResult result = ResultOf("own-reporter");
  EXPECT_TRUE(result.Exited(3)) << result;
  EXPECT_EQ(result.out, "failing one reported on exit\nfirst\n");
  EXPECT_EQ(result.err, "");
}

// C14: what a reporter throws is dropped; the default one reports in its place.
TEST(ExitReporterTest, MayThrow) {
  const ChildResult result = ResultOf("reporter-throws");
  EXPECT_TRUE(result.Exited(3)) << result;
  EXPECT_EQ(result.out, "first\n");
  EXPECT_THAT(result.err, HasSubstr("\"failing one\""));
}

// C10: a reporter may register during the drain, as a callback may.
TEST(ExitReporterTest, MayRegister) {
  const ChildResult result = ResultOf("reporter-registers");
  EXPECT_TRUE(result.Exited(3)) << result;
  EXPECT_EQ(result.out, "from the reporter\nfirst\n");
  EXPECT_EQ(result.err, "");
}

// C20: also when it is told what the drain has left.
TEST(ExitReporterTest, MayRegisterAfterTheDrain) {
  const ChildResult result = ResultOf("reporter-registers-on-skipped");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "first\nfrom the reporter\n");
  EXPECT_EQ(result.err, "");
}

// C17: a reporter may call exit(): the rest runs once.
TEST(ExitReporterTest, MayExit) {
  const ChildResult result = ResultOf("reporter-exits");
  EXPECT_TRUE(result.Exited(5)) << result;
  EXPECT_EQ(result.out, "first\n");
}

}  // namespace
