// SPDX-License-Identifier: Apache-2.0

// The handling of a crash that crashes, or hangs, itself.
#include <signal.h>

#include <string>

#include "gtest/gtest.h"
#include "tests/support/child_process.h"
#include "tests/support/exit_lock.h"

namespace {

using finalize_test::ChildResult;
using finalize_test::HelperPath;

class CrashCutOffTest : public testing::Test {
 protected:
  ChildResult ResultOf(const std::string& scene) {
    return finalize_test::RunChild(
        {HelperPath("crash_scene_child"), scene},
        {{{"TMPDIR", testing::TempDir()}, {"FINALIZE_REAP", "0"}}});
  }
};

// C23: a crash of the handler, by whatever signal, ends the handling. The first
// one goes on.
TEST_F(CrashCutOffTest, SurvivesACrashOfItsOwn) {
  const ChildResult fault = ResultOf("callback-crashes");
  EXPECT_TRUE(fault.Killed(SIGSEGV)) << fault;
  EXPECT_EQ(fault.out, "callback\nown handler at 64\n");
  const ChildResult abort = ResultOf("callback-aborts");
  EXPECT_TRUE(abort.Killed(SIGSEGV)) << abort;
  EXPECT_EQ(abort.out, "own handler at 64\n");
}

// C23: so it does on a thread that had blocked all other signals.
TEST_F(CrashCutOffTest, SurvivesACrashOfItsOwnBehindAMask) {
  const ChildResult result = ResultOf("callback-crashes-behind-a-mask");
  EXPECT_TRUE(result.Killed(SIGABRT)) << result;
  EXPECT_EQ(result.out, "callback\nown handler\n");
}

// C23: abort() unblocks its own signal before glibc 2.41, which also gave
// exit() its lock. From then on it ends the process without a handler.
TEST_F(CrashCutOffTest, SurvivesACrashOfItsOwnBehindAFullMaskIfAbortUnblocks) {
  const ChildResult result = ResultOf("callback-crashes-behind-a-full-mask");
  EXPECT_TRUE(result.Killed(SIGABRT)) << result;
  EXPECT_EQ(result.out,
            finalize_test::ExitHasALock() ? "" : "callback\nown handler\n");
}

// C23: so does one that never ends, in a loop or in a call.
TEST_F(CrashCutOffTest, CutsOffWhatHangs) {
  const ChildResult loop = ResultOf("callback-hangs");
  EXPECT_TRUE(loop.Killed(SIGSEGV)) << loop;
  EXPECT_EQ(loop.out, "hangs\nown handler at 64\n");
  const ChildResult call = ResultOf("callback-sleeps");
  EXPECT_TRUE(call.Killed(SIGSEGV)) << call;
  EXPECT_EQ(call.out, "sleeps\nown handler at 64\n");
}

}  // namespace
