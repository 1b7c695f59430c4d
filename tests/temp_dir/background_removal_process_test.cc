// SPDX-License-Identifier: Apache-2.0

// Temp dirs that are removed in the background, and how their processes end.

#include <signal.h>

#include <string>

#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tempdir/reap.h"
#include "tests/support/child_process.h"
#include "tests/support/temp_dir_fixture.h"

namespace {

using finalize_test::ChildOptions;
using finalize_test::ChildResult;
using finalize_test::Entries;
using finalize_test::HelperPath;
using finalize_test::TempDirFixture;
using testing::HasSubstr;
using testing::IsEmpty;

class BackgroundRemovalProcessTest : public TempDirFixture {
 protected:
  ChildResult Run(const std::string& scenario,
                  const std::string& deadline = "60s") {
    ChildOptions options;
    options.environment = {{"TMPDIR", scratch().native()},
                           {"FINALIZE_REAP", "0"},
                           {"FINALIZE_EXIT_DEADLINE", deadline},
                           {"LSAN_OPTIONS", "detect_leaks=0"}};
    return finalize_test::RunChild(
        {HelperPath("background_removal_child"), scenario}, options);
  }
  void ExpectQuiet(const std::string& scenario, int code,
                   const std::string& out = "") {
    const ChildResult result = Run(scenario);
    EXPECT_TRUE(result.Exited(code)) << scenario << result;
    EXPECT_EQ(result.out, out) << scenario;
    EXPECT_EQ(result.err, "") << scenario;
    EXPECT_THAT(Entries(scratch()), IsEmpty()) << scenario;
  }
  // Something is left, and the next start removes all of it.
  void ExpectReapable(const std::string& scenario) {
    EXPECT_FALSE(Entries(scratch()).empty()) << scenario;
    EXPECT_TRUE(tempdir::Reap(scratch()).ok());
    EXPECT_THAT(Entries(scratch()), IsEmpty()) << scenario;
  }
};

// C28, edge case 35
TEST_F(BackgroundRemovalProcessTest, ExitWaits) {
  ExpectQuiet("destructor-exit", 0);
  ExpectQuiet("finalizer-exit", 0);
}

// C15: not beyond the deadline, and the watchdog is not needed.
TEST_F(BackgroundRemovalProcessTest, ExitWaitsToTheDeadline) {
  for (const std::string scenario : {"destructor-late", "finalizer-late"}) {
    const ChildResult result = Run(scenario, "300ms");
    EXPECT_TRUE(result.Exited(5)) << scenario << result;
    const bool told = scenario == "finalizer-late";
    EXPECT_THAT(result.err,
                HasSubstr(told ? "2 temp dirs were being removed" : ""));
    ExpectReapable(scenario);
  }
}

TEST_F(BackgroundRemovalProcessTest, StaticDestructorRemovesAtOnce) {
  ExpectQuiet("afterwards", 0);
}

// C30
TEST_F(BackgroundRemovalProcessTest, NextStartFinishesForTheKilled) {
  for (const char* scenario : {"destructor-killed", "finalizer-killed"}) {
    EXPECT_TRUE(Run(scenario).Killed(SIGKILL)) << scenario;
    EXPECT_EQ(Entries(scratch()).size(), 2) << "a root and a direct one";
    ExpectReapable(scenario);
  }
  EXPECT_TRUE(Run("killed-at-work").Killed(SIGKILL));
  ExpectReapable("killed-at-work");
}

// C28
TEST_F(BackgroundRemovalProcessTest, FailureIsToldAndCanBeTriedAgain) {
  ExpectQuiet("fails", 0);
}

// C28: its owner is gone, so the end of the process is the next that tries.
TEST_F(BackgroundRemovalProcessTest, ExitTriesAgainWhatHasFailed) {
  const ChildResult result = Run("finalizer-fails-before-exit");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_THAT(result.err, HasSubstr("the end of this process tries again"));
  EXPECT_THAT(Entries(scratch()), IsEmpty());
}

// C28: the end of the process does nothing for the destructor style.
TEST_F(BackgroundRemovalProcessTest, ReaperRemovesWhatHasFailedInThatStyle) {
  const ChildResult result = Run("destructor-fails-before-exit");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_THAT(result.err, HasSubstr("is left to the reaper"));
  ExpectReapable("destructor-fails-before-exit");
}

// C14, C28: what is left is a failure of the end, also if no caller waits.
TEST_F(BackgroundRemovalProcessTest, FailureDecidesTheExitStatus) {
  for (const char* scenario : {"fails-until-exit", "fails-in-exit"}) {
    const ChildResult result = Run(scenario);
    EXPECT_TRUE(result.Exited(9)) << scenario << result;
    EXPECT_THAT(result.err, HasSubstr("mounted\": Device or resource busy"))
        << scenario;
    ExpectReapable(scenario);
  }
}

// C21: a child that adopts finishes what is queued.
TEST_F(BackgroundRemovalProcessTest, DaemonFinishesWhatIsQueued) {
  ExpectQuiet("destructor-adopted", 7, "done\n");
  ExpectQuiet("finalizer-adopted", 7, "done\n");
}

// Edge case 35
TEST_F(BackgroundRemovalProcessTest, CreateWaitsIfTheFileSystemIsFull) {
  ExpectQuiet("full", 0);
}

TEST_F(BackgroundRemovalProcessTest, CreateTriesAgainIfRoomCameMeanwhile) {
  ExpectQuiet("full-no-more", 0);
}

}  // namespace
