// SPDX-License-Identifier: Apache-2.0

// The drain at the end of a process that takes long, or hangs: what it says,
// and what becomes of the temp dirs (contract C15).
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "boost/filesystem/path.hpp"
#include "finalize/process_end.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"
#include "tests/support/temp_dir_fixture.h"

namespace {

using finalize::kWatchdogExitCode;
using finalize_test::ChildProcess;
using finalize_test::ChildResult;
using finalize_test::HelperPath;
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// Each has an empty directory as its $TMPDIR.
class HungEndTest : public finalize_test::TempDirFixture {
 protected:
  ChildResult ResultOf(const std::string& scenario) {
    ChildProcess child({HelperPath("hung_end_child"), scenario},
                       {{{"TMPDIR", scratch().native()}}});
    return child.Await();
  }
  std::vector<std::string> Left() { return finalize_test::Entries(scratch()); }
};

// C15: before the supervisors lose patience: Docker grants 10 s.
TEST_F(HungEndTest, NoticeComesWithinTenSeconds) {
  EXPECT_LT(finalize::GetExitOptions().notice, absl::Seconds(10));
}

// C15: what a drain waits for is named while it waits.
TEST_F(HungEndTest, NoticeNamesWhatIsRunning) {
  ChildProcess child({HelperPath("hung_end_child"), "slow"});
  EXPECT_TRUE(child.AwaitError("the process ends within"));
  child.Send("go\n");
  const ChildResult result = child.Await();
  EXPECT_TRUE(result.Exited(3)) << result;
  EXPECT_EQ(result.out, "left one\n");
  EXPECT_THAT(result.err,
              AllOf(ContainsRegex("\"slow one\" has run for [0-9.]+ s\n"),
                    ContainsRegex("the exit drain has taken [0-9.]+ s: "
                                  "1 running, 1 left; ")));
}

// C15: a drain that is quick says nothing.
TEST_F(HungEndTest, QuickDrainGivesNoNotice) {
  const ChildResult result = ResultOf("quick");
  EXPECT_TRUE(result.Exited(3)) << result;
  EXPECT_EQ(result.err, "");
}

// C15: the temp dirs of both styles do not wait for a callback that hangs.
TEST_F(HungEndTest, TempDirsAreRemovedAlthoughACallbackHangs) {
  const ChildResult result = ResultOf("exit-hangs");
  EXPECT_TRUE(result.Exited(kWatchdogExitCode)) << result;
  EXPECT_THAT(Left(), IsEmpty());
  EXPECT_THAT(result.err,
              AllOf(ContainsRegex("\"hanging one\" has run for [0-9.]+ s\n"),
                    HasSubstr("temp dirs are removed without waiting"),
                    HasSubstr("\"hanging one\" is still running")));
}

// C15, C22: nor in the drain of a signal.
TEST_F(HungEndTest, TempDirsAreRemovedAlthoughASignalsDrainHangs) {
  const ChildResult result = ResultOf("signal-hangs");
  EXPECT_TRUE(result.Exited(kWatchdogExitCode)) << result;
  EXPECT_THAT(Left(), IsEmpty());
}

// C15: a share of zero gives the callbacks the whole deadline.
TEST_F(HungEndTest, TempDirsWaitIfNoShareIsKept) {
  const ChildResult result = ResultOf("hangs-without-share");
  EXPECT_TRUE(result.Exited(kWatchdogExitCode)) << result;
  EXPECT_THAT(Left(), Not(IsEmpty()));
  EXPECT_THAT(result.err, Not(HasSubstr("temp dirs are removed")));
}

// C1, C15: a callback that comes back lets the drain go on as ever.
TEST_F(HungEndTest, DrainGoesOnAfterTheTempDirs) {
  const ChildResult result = ResultOf("goes-on");
  EXPECT_TRUE(result.Exited(3)) << result;
  EXPECT_EQ(result.out, "gone\nleft one\n");
  EXPECT_THAT(Left(), IsEmpty());
}

// C14, C15: what the watchdog could not remove is a failure of the end.
TEST_F(HungEndTest, TempDirThatIsLeftDecidesTheExitStatus) {
  const ChildResult result = ResultOf("leaves-temp-dir");
  EXPECT_TRUE(result.Exited(9)) << result;
  EXPECT_THAT(result.err, HasSubstr("temp dirs were not removed in time"));
  EXPECT_THAT(Left(), Not(IsEmpty()));
}

// C15, C28: what is kept after a failure is kept then, too.
TEST_F(HungEndTest, FailedTempDirIsKept) {
  ChildProcess child({HelperPath("hung_end_child"), "keeps-failed"},
                     {{{"TMPDIR", scratch().native()}}});
  EXPECT_TRUE(child.AwaitError("(its process hangs at its end)"));
  child.Send("go\n");
  const ChildResult result = child.Await();
  EXPECT_TRUE(result.Exited(3)) << result;
  EXPECT_THAT(Left(), Not(IsEmpty()));
}

// C15: the limit of phases is enough to get past a callback that is stuck.
TEST_F(HungEndTest, PhaseLimitNeedsNoThreads) {
  const ChildResult result = ResultOf("stuck-phase");
  EXPECT_TRUE(result.Exited(9)) << result;
  EXPECT_EQ(result.out, "higher one\nlower one\n");
  EXPECT_THAT(result.err, HasSubstr("\"stuck one\""));
}

}  // namespace
