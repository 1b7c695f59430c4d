// SPDX-License-Identifier: Apache-2.0

// exit() in a process with more than one thread.
#include <algorithm>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildResult;
using finalize_test::HelperPath;
using finalize_test::RunChild;

ChildResult ResultOf(const std::string& scenario) {
  return RunChild({HelperPath("exit_thread_child"), scenario});
}

// C17: a thread that calls exit() during the exit drain stands by.
TEST(ExitThreadTest, SecondExitStandsBy) {
  const ChildResult result = ResultOf("second-exit");
  EXPECT_TRUE(result.Exited(3)) << result;
  EXPECT_EQ(result.out, "parked\nfirst\n");
}

// C17: so do ten of them.
TEST(ExitThreadTest, ManyExitsStandBy) {
  const ChildResult result = ResultOf("many-exits");
  EXPECT_TRUE(result.Exited(3)) << result;
  EXPECT_EQ(result.out, "parked\nfirst\n");
}

// C17, C1: two threads, or eight, that call exit() at the same moment: one
// drains, everything runs once.
TEST(ExitThreadTest, DrainsOnceForSimultaneousExits) {
  for (int i = 0; i < 200; ++i) {
    const ChildResult result =
        ResultOf(i % 4 == 0 ? "race-of-eight" : "race-of-two");
    ASSERT_TRUE(result.Exited(3)) << result;
    ASSERT_EQ(result.out, "third\nalone\nfirst\n");
    ASSERT_EQ(result.err, "");
  }
}

// C17, C16: the exit drain does not wait for a callback whose thread stands
// by in exit().
TEST(ExitThreadTest, LetsGoOfACallbackThatExits) {
  const ChildResult result = ResultOf("running-callback-exits");
  EXPECT_TRUE(result.Exited(3)) << result;
  EXPECT_EQ(result.out, "parked\n");
  EXPECT_EQ(result.err, "");
}

// C20: exit() on another thread while main is blocked for good.
TEST(ExitThreadTest, DrainsOnAnotherThread) {
  const ChildResult result = ResultOf("main-blocked");
  EXPECT_TRUE(result.Exited(5)) << result;
  EXPECT_EQ(result.out, "ran\n");
}

// C16: exit() waits for a callback that another thread is running, after the
// pending ones, and where nothing is pending as well.
TEST(ExitThreadTest, WaitsForRunningCallbacks) {
  const ChildResult drains = ResultOf("waits-and-drains");
  EXPECT_TRUE(drains.Exited(0)) << drains;
  EXPECT_EQ(drains.out, "pending\nfinished\n");
  const ChildResult waits = ResultOf("only-waits");
  EXPECT_TRUE(waits.Exited(0)) << waits;
  EXPECT_EQ(waits.out, "finished\n");
}

// C20: threads that live on hold nothing up.
TEST(ExitThreadTest, DoesNotWaitForIdleThreads) {
  const ChildResult result = ResultOf("detached-threads");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "ran\n");
}

// C10, C20: threads that register for ever do not keep the process alive, and
// each registration that was accepted has run.
TEST(ExitThreadTest, EndsUnderBusyThreads) {
  for (int i = 0; i < 20; ++i) {
    const ChildResult result = ResultOf("busy-threads");
    ASSERT_TRUE(result.Exited(3)) << result;
    const auto accepted = std::count(result.out.begin(), result.out.end(), 'a');
    const auto ran = std::count(result.out.begin(), result.out.end(), 'r');
    ASSERT_GE(ran, accepted);
    ASSERT_LE(ran, accepted + 3);  // not yet told by their threads
    ASSERT_EQ(result.err, "");
  }
}

}  // namespace
