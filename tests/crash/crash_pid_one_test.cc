// SPDX-License-Identifier: Apache-2.0

// What a crash does to PID 1 of a container, which no signal ends that is sent.
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"
#include "tests/support/temp_dir_fixture.h"

namespace {

using finalize_test::HelperPath;
using testing::IsEmpty;

class CrashPidOneTest : public finalize_test::TempDirFixture {
 protected:
  std::string Says(const std::string& before, const std::string& way) {
    return finalize_test::RunChild(
               {HelperPath("crash_pid_one_child"), before, way})
        .out;
  }
  std::vector<std::string> Left() const {
    return finalize_test::Entries(scratch());
  }
};

// C23: abort() is made certain. raise(SIGABRT) looks the same, and does not
// return.
TEST_F(CrashPidOneTest, EndsByAbort) {
  for (const char* way : {"abort", "assert", "terminate", "raise-abort"}) {
    EXPECT_EQ(Says("default", way), "exited with 134\n") << way;
    EXPECT_THAT(Left(), IsEmpty()) << way;
  }
}

// C23: so it is behind a handler that was there before, which runs first and
// cannot end PID 1 by sending the signal again.
TEST_F(CrashPidOneTest, EndsByAbortAfterTheHandlerBefore) {
  for (const char* way : {"abort", "raise-abort"}) {
    EXPECT_EQ(Says("returns", way), "own handler\nexited with 134\n") << way;
    EXPECT_EQ(Says("exits", way), "exited with 7\n") << way;
    EXPECT_THAT(Left(), IsEmpty()) << way;
  }
}

// C23: what is sent does not end PID 1, and removes nothing.
TEST_F(CrashPidOneTest, LivesOnWhenASignalIsSent) {
  EXPECT_EQ(Says("default", "send"), "lives on\nexited with 0\n");
  EXPECT_THAT(Left(), IsEmpty());
}

// C23: nor does it behind a handler that was there before: that is called, as
// without the hooks.
TEST_F(CrashPidOneTest, LivesOnAfterTheHandlerBefore) {
  EXPECT_EQ(Says("returns", "send"),
            "own handler\nown handler\nown handler\nown handler\n"
            "own handler\nlives on\nexited with 0\n");
  EXPECT_THAT(Left(), IsEmpty());
}

// C23: a fault ends it, as it ends any process, by the signal.
TEST_F(CrashPidOneTest, EndsByAFault) {
  EXPECT_EQ(Says("default", "segv"), "ended by 11\n");
  EXPECT_EQ(Says("returns", "segv"), "own handler\nended by 11\n");
  EXPECT_EQ(Says("default", "fpe"), "ended by 8\n");
  EXPECT_THAT(Left(), IsEmpty());
}

// C23: a fault that does not come again has removed the temp dirs all the same:
// then it is the end, too.
TEST_F(CrashPidOneTest, EndsByAFaultThatIsOver) {
  EXPECT_EQ(Says("default", "transient"), "exited with 139\n");
  EXPECT_THAT(Left(), IsEmpty());
}

// C23: a callback that hangs is cut off.
TEST_F(CrashPidOneTest, CutsOffWhatHangs) {
  EXPECT_EQ(Says("default", "hangs"), "hangs\nended by 11\n");
}

// C23: so is one that no signal reaches. SIGKILL does not end PID 1.
TEST_F(CrashPidOneTest, EndsIfNoSignalReachesWhatHangs) {
  EXPECT_EQ(Says("default", "hangs-blocked"), "hangs\nexited with 139\n");
}

}  // namespace
