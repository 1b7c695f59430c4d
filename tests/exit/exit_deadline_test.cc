// SPDX-License-Identifier: Apache-2.0

// The deadline of the exit drain, and the watchdog that enforces it.
#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
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
using testing::Not;

ChildResult ResultOf(const std::string& scenario) {
  return RunChild({HelperPath("exit_deadline_child"), scenario});
}

// C15: the default is finite.
TEST(ExitDeadlineTest, IsFiniteByDefault) {
  EXPECT_EQ(finalize::GetExitOptions().deadline, absl::Seconds(20));
}

// C15: it cannot be made infinite.
TEST(ExitDeadlineTest, MustBeFinite) {
  finalize::ExitOptions options;
  for (const absl::Duration deadline :
       {absl::InfiniteDuration(), absl::ZeroDuration(), absl::Seconds(-1)}) {
    options.deadline = deadline;
    const absl::Status status = finalize::SetExitOptions(options);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("ExitOptions::deadline must be finite"));
  }
  EXPECT_EQ(finalize::GetExitOptions().deadline, absl::Seconds(20));
}

// C15: what breaks any other rule sets nothing, either.
TEST(ExitDeadlineTest, WrongOptionsAreRefused) {
  const auto refused = [](auto finalize::ExitOptions::*field, auto value) {
    finalize::ExitOptions options;
    options.deadline = absl::Seconds(1);
    options.*field = value;
    EXPECT_EQ(finalize::SetExitOptions(options).code(),
              absl::StatusCode::kInvalidArgument);
  };
  using finalize::ExitOptions;
  refused(&ExitOptions::failure_exit_code, -1);
  refused(&ExitOptions::failure_exit_code, 256);
  refused(&ExitOptions::threads, -1);
  refused(&ExitOptions::phase_limit, absl::ZeroDuration());
  refused(&ExitOptions::notice, absl::ZeroDuration());
  refused(&ExitOptions::temp_dir_share, -0.1);
  refused(&ExitOptions::temp_dir_share, 1.1);
  refused(&ExitOptions::temp_dir_share,
          std::numeric_limits<double>::quiet_NaN());
  refused(&ExitOptions::take_over, absl::Seconds(-1));
  EXPECT_EQ(finalize::GetExitOptions().deadline, absl::Seconds(20));
}

// C15: what it leaves is reported, its callback destroyed, and the process ends
// as it would have.
TEST(ExitDeadlineTest, LeavesAndReportsTheRest) {
  const ChildResult result = ResultOf("leaves");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "ran\nlifetime\n");  // that one ran when it ended
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("\"left one\""), HasSubstr("\"on lifetime\""),
                    HasSubstr("left on exit: DEADLINE_EXCEEDED"),
                    HasSubstr("skipped on exit")));
}

// C15: the one that overran the deadline is named.
TEST(ExitDeadlineTest, NamesWhatOverranIt) {
  const ChildResult result = ResultOf("leaves");
  EXPECT_THAT(result.err,
              testing::ContainsRegex("\"late one\" .* ran on exit "
                                     "after .*ran past the deadline"));
}

// C12, C15: what is left in a child registry is named, too.
TEST(ExitDeadlineTest, NamesWhatIsLeftInAChild) {
  const ChildResult result = ResultOf("leaves-in-child");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, AllOf(HasSubstr("\"left in child\""),
                                HasSubstr("\"not at exit\""),
                                HasSubstr("skipped on exit")));
}

// C18: a passed deadline is a failure.
TEST(ExitDeadlineTest, SetsTheFailureExitCode) {
  const ChildResult result = ResultOf("leaves-with-failure-code");
  EXPECT_TRUE(result.Exited(9)) << result;
}

// C15: nothing is silently dropped, however much is left.
TEST(ExitDeadlineTest, NamesAllThatIsLeft) {
  const ChildResult result = ResultOf("leaves-many");
  EXPECT_TRUE(result.Exited(0)) << result;
  const int left = atoi(result.out.c_str());
  EXPECT_GE(left, 300);
  // And what overran it.
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), left + 1);
  EXPECT_EQ(result.out, std::to_string(left) + "\n");
}

// C15, C20: a callback that registers itself again and again is cut off.
TEST(ExitDeadlineTest, EndsACallbackThatRegistersForEver) {
  const ChildResult result = ResultOf("registers-for-ever");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr("\"last\""));
}

// C20: past the deadline nothing would run any more: it is refused.
TEST(ExitDeadlineTest, RefusesLaterRegistrations) {
  const ChildResult result = ResultOf("registers-past-deadline");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_THAT(result.out,
              testing::StartsWith(
                  "ran\nrefused\nrun now\nFAILED_PRECONDITION: the process is "
                  "past its exit handlers"));
  EXPECT_THAT(result.err, HasSubstr("\"late\""));
}

// C15: a callback that hangs: the watchdog ends the process with a status of
// its own, and names what runs and what is left.
TEST(WatchdogTest, EndsAProcessThatHangs) {
  const ChildResult result = ResultOf("hangs");
  EXPECT_TRUE(result.Exited(124)) << result;
  EXPECT_EQ(result.out, "ran\nhangs\n");
  EXPECT_THAT(result.err, HasSubstr("1 still running, 1 left"));
  EXPECT_THAT(result.err, HasSubstr("\"hanging one\" is still running"));
  EXPECT_THAT(result.err, HasSubstr("\"left one\" is left"));
}

// C15, C38: a name is shown within its line.
TEST(WatchdogTest, ShowsNamesEscaped) {
  const ChildResult result = ResultOf("hangs-under-odd-name");
  EXPECT_TRUE(result.Exited(124)) << result;
  EXPECT_THAT(result.err, Not(HasSubstr("\x1b")));
  EXPECT_THAT(result.err, Not(HasSubstr("\nfinalize: all is well")));
  const std::string shown = "d\\nfinalize: all is well\\x1b[2J";
  EXPECT_THAT(result.err, HasSubstr(" " + shown + ":7 \"" + shown +
                                    "\" is still running\n"));
  EXPECT_THAT(result.err, HasSubstr(shown + "\" is left\n"));
}

// C12, C15: what hangs in a child registry is named, and what is left there.
TEST(WatchdogTest, NamesWhatHangsInAChild) {
  const ChildResult result = ResultOf("hangs-in-child");
  EXPECT_TRUE(result.Exited(124)) << result;
  EXPECT_THAT(
      result.err,
      AllOf(HasSubstr("\"hanging in child\" is still running"),
            HasSubstr("\"left in child\" is left"), HasSubstr(" 4 left;")));
}

// C15: of very much that is left, the number is told.
TEST(WatchdogTest, CountsWhatItDoesNotName) {
  const ChildResult result = ResultOf("hangs-before-many");
  EXPECT_TRUE(result.Exited(124)) << result;
  EXPECT_THAT(result.err, AllOf(HasSubstr("1 still running, 30 left"),
                                HasSubstr("finalize: and 15 more\n")));
}

// C15, C7: destroying a callback is part of its run.
TEST(WatchdogTest, CoversTheDestructionOfCallbacks) {
  const ChildResult result = ResultOf("hangs-in-destructor-of-callback");
  EXPECT_TRUE(result.Exited(124)) << result;
  EXPECT_THAT(result.err, HasSubstr("\"hanging one\" is still running"));
}

// C15: it does not wait for a reader of standard error.
TEST(WatchdogTest, NeedsNoReader) {
  const ChildResult result = ResultOf("hangs-without-reader");
  EXPECT_TRUE(result.Exited(124)) << result;
  EXPECT_EQ(result.out, "hangs\n");
}

// C15, C21: it does not wait for locks that a hanging fork() holds.
TEST(WatchdogTest, NeedsNoLock) {
  const ChildResult result = ResultOf("hangs-in-fork-hook");
  EXPECT_TRUE(result.Exited(124)) << result;
  EXPECT_THAT(result.err, HasSubstr("locked by a thread that hangs"));
}

// C15, C17: it watches the drain, not what comes after it, even where the drain
// ended inside a callback's exit().
TEST(WatchdogTest, DoesNotOutliveTheDrain) {
  const ChildResult result = ResultOf("nested-exit-then-slow-static");
  EXPECT_TRUE(result.Exited(4)) << result;
  EXPECT_EQ(result.out, "first\nslow static\n");
  EXPECT_EQ(result.err, "");
}

// C15: where there is no thread for it, that is said, and the drain goes on.
TEST(WatchdogTest, SaysWhereItIsMissing) {
  const ChildResult result = ResultOf("no-threads");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "ran\n");
  EXPECT_THAT(result.err, HasSubstr("cannot start the watchdog thread"));
}

// C15: with helper threads the exit drain returns in time, and the status is
// kept: the one that is stuck and those below it are named.
TEST(ExitThreadsTest, LeaveWhatIsStuck) {
  const ChildResult result = ResultOf("thread-stuck");
  EXPECT_TRUE(result.Exited(3)) << result;
  EXPECT_THAT(result.out, AllOf(HasSubstr("ran\n"), HasSubstr("hangs\n"),
                                Not(HasSubstr("low"))));
  EXPECT_THAT(result.err, HasSubstr("\"stuck one\" still running on exit"));
  EXPECT_THAT(result.err, HasSubstr("\"low\""));
  EXPECT_THAT(result.err, Not(HasSubstr("outlived")));
}

// C17: a callback on a helper thread that calls exit(): the rest runs once, and
// nobody waits for that thread.
TEST(ExitThreadsTest, MayCallExit) {
  const ChildResult result = ResultOf("threads-exit");
  EXPECT_TRUE(result.Exited(3)) << result;
  EXPECT_EQ(result.out,
            "exits\nexits\nexits\nexits\nexits\nexits\nexits\nexits\nlow\n");
  EXPECT_EQ(result.err, "");
}

// C17: exit() on a helper thread of an ordinary drain.
TEST(ExitThreadsTest, MayCallExitInAnOrdinaryDrain) {
  const ChildResult result = ResultOf("exit-on-helper-thread");
  EXPECT_TRUE(result.Exited(5)) << result;
  EXPECT_EQ(result.out, "process registry\n");
  EXPECT_EQ(result.err, "");
}

}  // namespace
