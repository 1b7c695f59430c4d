// SPDX-License-Identifier: Apache-2.0

// The handling of a crash where that is hard.
#include <signal.h>

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "finalize/crash_callback.h"
#include "finalize/exit_hooks.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"
#include "tests/support/temp_dir_fixture.h"

namespace {

using finalize_test::ChildResult;
using finalize_test::HelperPath;
using testing::IsEmpty;

class CrashSceneTest : public finalize_test::TempDirFixture {
 protected:
  ChildResult ResultOf(const std::string& scene) {
    return finalize_test::RunChild({HelperPath("crash_scene_child"), scene});
  }
  std::vector<std::string> Left() const {
    return finalize_test::Entries(scratch());
  }
};

// C23: where the thread cannot be interrupted, another one goes on.
TEST_F(CrashSceneTest, ContinuesElsewhereIfAThreadSticks) {
  const ChildResult result = ResultOf("callback-sticks");
  EXPECT_TRUE(result.Killed(SIGSEGV)) << result;
  EXPECT_EQ(result.out, "sticks\nown handler at 64\n");
}

// C23: one of the threads that crash does the work, the others wait for it.
TEST_F(CrashSceneTest, HandlesOneOfManyCrashes) {
  const ChildResult result = ResultOf("all-threads-crash");
  EXPECT_TRUE(result.Killed(SIGSEGV) || result.Killed(SIGABRT)) << result;
  EXPECT_EQ(result.out, "callback\n");
  EXPECT_THAT(Left(), IsEmpty());
}

// C23: a thread that overflows its stack, with a crash stack of its own.
TEST_F(CrashSceneTest, HandlesTheOverflowOfAThread) {
  const ChildResult result = ResultOf("overflow-of-thread");
  EXPECT_TRUE(result.Killed(SIGSEGV)) << result;
  EXPECT_THAT(Left(), IsEmpty());
}

// C23: a thread with a small stack, and no other.
TEST_F(CrashSceneTest, NeedsLittleStack) {
  const ChildResult result = ResultOf("tiny-stack");
  EXPECT_TRUE(result.Killed(SIGSEGV)) << result;
  EXPECT_THAT(Left(), IsEmpty());
}

// C23: one with the smallest stack that there is.
TEST_F(CrashSceneTest, NeedsNoMoreThanTheSmallestStack) {
  const ChildResult result = ResultOf("smallest-stack");
  EXPECT_TRUE(result.Killed(SIGSEGV)) << result;
  EXPECT_THAT(Left(), IsEmpty());
}

// C23: the same, with a crash stack.
TEST_F(CrashSceneTest, LeavesTheSmallestStackForACrashStack) {
  const ChildResult result = ResultOf("smallest-stack-with-another");
  EXPECT_TRUE(result.Killed(SIGSEGV)) << result;
  EXPECT_THAT(Left(), IsEmpty());
}

// C23: a handler that may return is left alone, and nothing is removed.
TEST_F(CrashSceneTest, LeavesAProgramThatRecovers) {
  const ChildResult result = ResultOf("recovers");
  EXPECT_TRUE(result.Killed(SIGABRT)) << result;
  EXPECT_EQ(result.out, "own handler\nrecovered\ncallback\n");
  EXPECT_THAT(Left(), IsEmpty());
}

// C23: what is ignored stays ignored.
TEST_F(CrashSceneTest, LeavesIgnoredOnesIgnored) {
  const ChildResult result = ResultOf("ignored");
  EXPECT_TRUE(result.Killed(SIGABRT)) << result;
  EXPECT_EQ(result.out, "ignored\ncallback\n");
}

// C23: a handler that the program installs later may call ours; a further
// InstallExitHooks leaves it where it is.
TEST_F(CrashSceneTest, MayBeCalledByALaterHandler) {
  const ChildResult result = ResultOf("later-handler");
  EXPECT_TRUE(result.Killed(SIGSEGV)) << result;
  EXPECT_EQ(result.out, "later handler\ncallback\n");
  EXPECT_THAT(Left(), IsEmpty());
}

// C23: installed again, it is still before what was there first.
TEST_F(CrashSceneTest, MayBeInstalledTwice) {
  const ChildResult result = ResultOf("installed-twice");
  EXPECT_TRUE(result.Killed(SIGSEGV)) << result;
  EXPECT_EQ(result.out, "callback\nown handler at 64\n");
}

// C21, C23: a child that did not install the hooks crashes as without them.
TEST_F(CrashSceneTest, IsNotForForkedChildren) {
  const ChildResult result = ResultOf("children-crash");
  EXPECT_TRUE(result.Killed(SIGABRT)) << result;
  EXPECT_EQ(result.out, "forked: 11\nvforked: 11\ncallback\n");
  EXPECT_THAT(Left(), IsEmpty());
}

// C21, C23: one that did loses its own temp dirs, and no others.
TEST_F(CrashSceneTest, MayBeInstalledByAForkedChild) {
  const ChildResult result = ResultOf("child-with-hooks");
  EXPECT_TRUE(result.Killed(SIGABRT)) << result;
  EXPECT_EQ(result.out, "own root: yes\nforked: 11\n");
  EXPECT_THAT(Left(), IsEmpty());
}

// C23: to PID 1 a signal that is sent means nothing, a fault death.
TEST_F(CrashSceneTest, KnowsPidOne) {
  const ChildResult result = ResultOf("pid-one-faults");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "lives on\nPID 1: 11\n");
  EXPECT_THAT(Left(), IsEmpty());
}

// C23: a limit that is none is refused, and nothing is installed.
TEST(CrashHooksTest, RefusesBadLimits) {
  for (const absl::Duration limit :
       {absl::ZeroDuration(), -absl::Seconds(1), absl::InfiniteDuration(),
        absl::Minutes(2)}) {
    finalize::ExitHooks hooks;
    hooks.crash = true;
    hooks.crash_limit = limit;
    EXPECT_TRUE(absl::IsInvalidArgument(finalize::InstallExitHooks(hooks)));
  }
  struct sigaction now;
  sigaction(SIGSEGV, nullptr, &now);
  EXPECT_EQ(now.sa_handler, SIG_DFL);
}

// C19: crashes are left alone unless that is asked for.
TEST(CrashHooksTest, AreOptIn) {
  ASSERT_TRUE(finalize::InstallExitHooks().ok());
  for (const int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) {
    struct sigaction now;
    sigaction(signal, nullptr, &now);
    EXPECT_EQ(now.sa_handler, SIG_DFL);
  }
}

template <int number>
void Callback(const finalize::Crash&) {}

// The table is full at some time, and knows what it has.
TEST(CrashCallbackTest, IsAddedOnce) {
  const finalize::CrashCallback callbacks[] = {
      &Callback<0>,  &Callback<1>,  &Callback<2>,  &Callback<3>,
      &Callback<4>,  &Callback<5>,  &Callback<6>,  &Callback<7>,
      &Callback<8>,  &Callback<9>,  &Callback<10>, &Callback<11>,
      &Callback<12>, &Callback<13>, &Callback<14>, &Callback<15>};
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(finalize::AddCrashCallback(&Callback<0>));
  }
  for (const finalize::CrashCallback callback : callbacks) {
    EXPECT_TRUE(finalize::AddCrashCallback(callback));
  }
  EXPECT_FALSE(finalize::AddCrashCallback(&Callback<16>));
  EXPECT_TRUE(finalize::AddCrashCallback(&Callback<15>));
}

}  // namespace
