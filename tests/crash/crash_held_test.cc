// SPDX-License-Identifier: Apache-2.0

// What a crash does with threads that make or remove temp dirs meanwhile.
#include <signal.h>

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"
#include "tests/support/temp_dir_fixture.h"

namespace {

using finalize_test::ChildResult;
using finalize_test::HelperPath;
using testing::IsEmpty;

// Less than the minute for which the handler would wait for what never comes.
constexpr int kKillLimit = 50;

class CrashHeldTest : public finalize_test::TempDirFixture {
 protected:
  ChildResult ResultOf(const std::string& scene) {
    return finalize_test::RunChild({HelperPath("crash_held_child"), scene},
                                   {{}, kKillLimit});
  }
  std::vector<std::string> Left() const {
    return finalize_test::Entries(scratch());
  }
};

// C23: a callback is not held; what it asks of temp dirs is refused.
TEST_F(CrashHeldTest, RefusesCallbacks) {
  const ChildResult result = ResultOf("create-in-callback");
  EXPECT_TRUE(result.Killed(SIGSEGV)) << result;
  EXPECT_EQ(result.out, "cancelled\ncancelled\ncancelled\n");
  EXPECT_THAT(Left(), IsEmpty());
}

// C23: nor is a handler that was there before.
TEST_F(CrashHeldTest, RefusesEarlierHandlers) {
  const ChildResult result = ResultOf("create-in-earlier-handler");
  EXPECT_TRUE(result.Killed(SIGSEGV)) << result;
  EXPECT_EQ(result.out, "cancelled\n");
  EXPECT_THAT(Left(), IsEmpty());
}

// C23: a crash in the middle of Create, on that thread: it does not wait for
// itself.
TEST_F(CrashHeldTest, MayCrashInCreate) {
  const ChildResult result = ResultOf("crash-in-create");
  EXPECT_TRUE(result.Killed(SIGSEGV)) << result;
  EXPECT_THAT(Left(), IsEmpty());
}

// C23: nor for another one that crashes there.
TEST_F(CrashHeldTest, MayCrashInCreateTwice) {
  const ChildResult result = ResultOf("crashes-in-create");
  EXPECT_TRUE(result.Killed(SIGSEGV)) << result;
  EXPECT_THAT(Left(), IsEmpty());
}

// C23: other threads wait for the end of the process in whatever makes or
// removes a temp dir.
TEST_F(CrashHeldTest, HoldsOtherThreads) {
  for (const char* scene :
       {"holds-create", "holds-remove", "holds-destructor", "holds-reap"}) {
    const ChildResult result = ResultOf(scene);
    EXPECT_TRUE(result.Killed(SIGSEGV)) << scene << result;
    EXPECT_EQ(result.out, "") << scene;
    EXPECT_THAT(Left(), IsEmpty()) << scene;
  }
}

// C23: one that is held may crash as well.
TEST_F(CrashHeldTest, MayCrashWhileHeld) {
  const ChildResult result = ResultOf("second-crash");
  EXPECT_TRUE(result.Killed(SIGSEGV)) << result;
  EXPECT_EQ(result.out, "callback\n");
  EXPECT_THAT(Left(), IsEmpty());
}

// C21, C23: a child that is forked meanwhile makes temp dirs, and one of vfork
// executes a program.
TEST_F(CrashHeldTest, HoldsNoChildren) {
  const ChildResult result = ResultOf("children");
  EXPECT_TRUE(result.Killed(SIGSEGV)) << result;
  EXPECT_EQ(result.out, "made in the child\nexecuted\nnot held\n");
  EXPECT_THAT(Left(), IsEmpty());
}

// C21, C23: the child of a vfork that crashes does not shut its parent's gate.
TEST_F(CrashHeldTest, IsNotShutByAVforkedChild) {
  const ChildResult result = ResultOf("vforked-crash");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "made\n");
}

// C15, C23: a handler that was there before may call exit(), whose drain waits
// for finalizers that held threads run: they are let go.
TEST_F(CrashHeldTest, LetsAHandlerExit) {
  const ChildResult result = ResultOf("handler-exits");
  EXPECT_TRUE(result.Exited(3)) << result;
  EXPECT_THAT(Left(), IsEmpty());
}

}  // namespace
