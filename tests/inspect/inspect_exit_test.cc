// SPDX-License-Identifier: Apache-2.0

// Exit drains of real processes, seen while they hang (contract C15, C26).
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "finalize/process_end.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildResult;
using finalize_test::HelperPath;
using finalize_test::RunChild;
using testing::AllOf;
using testing::HasSubstr;

ChildResult ResultOf(const std::string& scenario) {
  return RunChild({HelperPath("inspect_child"), scenario});
}

// C15, C26: an observer has named the one that hangs when the watchdog ends
// the process.
TEST(InspectExitTest, ObserverNamesTheOneThatHangs) {
  const ChildResult result = ResultOf("observed-hang");
  EXPECT_TRUE(result.Exited(finalize::kWatchdogExitCode)) << result;
  EXPECT_EQ(result.out, "+ends\n-ends\n+hangs\n");
}

// C15, C26: another thread can ask for it, and for how long it has been.
TEST(InspectExitTest, RunningNamesTheOneThatHangs) {
  const ChildResult result = ResultOf("asked-hang");
  EXPECT_TRUE(result.Exited(5)) << result;
  EXPECT_EQ(result.out, "hangs since a known time\nunreached pends\n");
}

// C15, C18: the limit of phases holds at exit; what it leaves is reported.
TEST(InspectExitTest, LatePhaseIsPassedBy) {
  const ChildResult result = ResultOf("late-phase");
  EXPECT_TRUE(result.Exited(9)) << result;
  EXPECT_EQ(result.out, "stop\nrelease\n");
  EXPECT_THAT(result.err, AllOf(HasSubstr("\"left one\""),
                                HasSubstr("left on exit: DEADLINE_EXCEEDED")));
}

// C15: a limit that lets nothing run is a mistake, and sets nothing.
TEST(InspectExitTest, PhaseLimitMustBePositive) {
  finalize::ExitOptions options;
  options.phase_limit = absl::ZeroDuration();
  const absl::Status status = finalize::SetExitOptions(options);
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("phase_limit must be positive"));
  EXPECT_GT(finalize::GetExitOptions().phase_limit, absl::ZeroDuration());
}

}  // namespace
