// SPDX-License-Identifier: Apache-2.0

// Hangs behind the exit drain: who watches there, and when.
#include <string>

#include "finalize/process_end.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"
#include "tests/support/exit_lock.h"

namespace {

using finalize::kWatchdogExitCode;
using finalize_test::ChildResult;
using finalize_test::HelperPath;
using finalize_test::RunChild;
using testing::AllOf;
using testing::HasSubstr;

ChildResult ResultOf(const std::string& scenario) {
  return RunChild({HelperPath("hang_behind_drain_child"), scenario});
}

// C15, C17: a static destructor waits for a thread that waits in exit(): the
// watchdog is still armed, and names both.
TEST(HangBehindDrainTest, EndsWhileAThreadIsBlocked) {
  const ChildResult result = ResultOf("joins-a-blocked-thread");
  EXPECT_TRUE(result.Exited(kWatchdogExitCode)) << result;
  EXPECT_EQ(result.out, "blocked\njoins\n");
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("hangs after its exit drain"),
                    HasSubstr("runs exit handlers and static destructors"),
                    HasSubstr("s in exit()")));
}

// C15, C17: and where that thread came to exit() later. Before glibc 2.41 it
// ends the process.
TEST(HangBehindDrainTest, EndsWhileALateThreadIsBlocked) {
  const ChildResult result = ResultOf("joins-a-late-thread");
  EXPECT_TRUE(
      result.Exited(finalize_test::ExitHasALock() ? kWatchdogExitCode : 9))
      << result;
}

// C15: a program's own destructors take the time they take.
TEST(HangBehindDrainTest, LeavesStaticDestructorsAlone) {
  const ChildResult result = ResultOf("slow-static");
  EXPECT_TRUE(result.Exited(3)) << result;
  EXPECT_EQ(result.out, "ran\nslow static\n");
  EXPECT_EQ(result.err, "");
}

// C15: unless it asks for more.
TEST(HangBehindDrainTest, MayWatchTheWholeEnd) {
  const ChildResult result = ResultOf("hangs-watched");
  EXPECT_TRUE(result.Exited(kWatchdogExitCode)) << result;
  EXPECT_EQ(result.out, "ran\nhangs\n");
  EXPECT_THAT(result.err, HasSubstr("hangs after its exit drain"));
}

// C15: an end in time is none of its business.
TEST(HangBehindDrainTest, LeavesAnEndInTimeAlone) {
  const ChildResult result = ResultOf("ends-watched");
  EXPECT_TRUE(result.Exited(3)) << result;
  EXPECT_EQ(result.out, "ran\nstatic\n");
  EXPECT_EQ(result.err, "");
}

// C17: quick_exit() on another thread ends it at once, or, where exit() keeps
// the C library's lock, the watchdog does.
TEST(HangBehindDrainTest, MayMeetQuickExit) {
  const ChildResult result = ResultOf("quick-exits");
  EXPECT_TRUE(
      result.Exited(finalize_test::ExitHasALock() ? kWatchdogExitCode : 8))
      << result;
  EXPECT_EQ(result.out, "ran\n");
}

}  // namespace
