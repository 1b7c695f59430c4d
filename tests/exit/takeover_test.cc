// SPDX-License-Identifier: Apache-2.0

// A thread in exit() goes on with the drain of another.
//
// From glibc 2.41 on exit() takes a lock of its own: a callback that calls it
// while another thread is in exit() sleeps there for good.
#include <signal.h>

#include <string>

#include "finalize/process_end.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"
#include "tests/support/exit_lock.h"

namespace {

using finalize_test::ChildProcess;
using finalize_test::ChildResult;
using finalize_test::HelperPath;
using testing::HasSubstr;

// Its input stays open: it ends by itself.
ChildResult ResultOf(const std::string& scenario) {
  ChildProcess child({HelperPath("takeover_child"), scenario});
  child.AwaitOutput("the end");
  return child.Await();
}

// C17, C22: the rest runs once, and the process dies by the signal, long before
// the deadline.
TEST(TakeoverTest, OutlivesACallbackThatExits) {
  const ChildResult result = ResultOf("callback-exits");
  EXPECT_TRUE(result.Killed(SIGTERM)) << result;
  EXPECT_EQ(result.out, "third\nfirst, on signal\n");
}

// C17, C22: on whichever thread the next ones call it.
TEST(TakeoverTest, OutlivesManyCallbacksThatExit) {
  const ChildResult result = ResultOf("callbacks-exit");
  EXPECT_TRUE(result.Killed(SIGTERM)) << result;
  EXPECT_EQ(result.out, "between\nbetween\nbetween\nfirst, on signal\n");
}

// C17, C21: a third thread may fork meanwhile.
TEST(TakeoverTest, MayMeetForks) {
  for (int i = 0; i < 5; ++i) {
    const ChildResult result = ResultOf("callback-exits-while-forking");
    ASSERT_TRUE(result.Killed(SIGTERM)) << result;
    ASSERT_EQ(result.out, "third\nfirst, on signal\n");
  }
}

// C17, C15: a callback on a helper thread of the signal's drain.
TEST(TakeoverTest, OutlivesAHelperThatExits) {
  const ChildResult result = ResultOf("helper-exits");
  EXPECT_TRUE(result.Killed(SIGTERM)) << result;
  EXPECT_EQ(result.out, "first, on signal\n");
  EXPECT_EQ(result.err, "");
}

// C17, C16, C1: a callback that is only slow: the rest runs, once, and the end
// waits for it; its thread runs nothing more.
TEST(TakeoverTest, PassesASlowCallbackOver) {
  const ChildResult result = ResultOf("slow-callback");
  EXPECT_TRUE(result.Killed(SIGTERM)) << result;
  EXPECT_EQ(result.out, "third\nfirst\nslow one ends\n");
  EXPECT_EQ(result.err, "");
}

// C17, C1: the slow callback ends, or the drain is taken over: one of the two.
TEST(TakeoverTest, IsOneDecision) {
  for (const char* scenario :
       {"return-at-the-take-over", "exit-at-the-take-over"}) {
    const ChildResult result = ResultOf(scenario);
    EXPECT_TRUE(result.Killed(SIGTERM)) << scenario << result;
    EXPECT_EQ(result.out, "next\n") << scenario;
    EXPECT_EQ(result.err, "") << scenario;
  }
}

// C17: a thread that comes back from a slow callback does nothing more to the
// drain: another thread in exit() still sees that the next callback is slow.
// From glibc 2.41 on, no other thread can be in exit(): the watchdog ends the
// process at the deadline.
TEST(TakeoverTest, PassesOverASlowCallbackAfterASlowOne) {
  const ChildResult result = ResultOf("slow-callback-after-a-slow-one");
  if (finalize_test::ExitHasALock()) {
    EXPECT_TRUE(result.Exited(finalize::kWatchdogExitCode)) << result;
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, HasSubstr("\"second slow one\" is still running"));
  } else {
    EXPECT_TRUE(result.Killed(SIGTERM)) << result;
    EXPECT_EQ(result.out, "last\n");
    EXPECT_EQ(result.err, "");
  }
}

// C17, C1: one of two threads takes it over, and the other one waits for the
// callbacks of that thread. From glibc 2.41 on, only one thread can be in
// exit().
TEST(TakeoverTest, LetsOneOfTwoTakeOver) {
  const ChildResult result = ResultOf("two-stand-by");
  EXPECT_TRUE(result.Killed(SIGTERM)) << result;
  EXPECT_EQ(result.out, "");
}

// C17, C21: a child that is forked in a callback is in none.
TEST(TakeoverTest, KnowsInAChildThatItIsInNoCallback) {
  const ChildResult result = ResultOf("fork-in-a-callback");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "child ended by 15\n");
}

// C15, C17: a thread that has taken the drain over is not blocked any more:
// what follows the drain may take its time.
TEST(TakeoverTest, IsNotBlockedBehindTheDrain) {
  const ChildResult result = ResultOf("slow-terminate-handler");
  EXPECT_TRUE(result.Exited(6)) << result;
  EXPECT_EQ(result.out, "handler\n");
}

// C15, C16: one that never ends is named when the deadline has passed, and the
// process dies by the signal, not by its watchdog.
TEST(TakeoverTest, NamesAStuckCallback) {
  const ChildResult result = ResultOf("stuck-callback");
  EXPECT_TRUE(result.Killed(SIGTERM)) << result;
  EXPECT_EQ(result.out, "first, on signal\n");
  EXPECT_THAT(result.err, HasSubstr("\"stuck one\" still running on signal"));
}

// C17: callbacks that come to an end stay with their thread.
TEST(TakeoverTest, LeavesADrainThatGoesOnAlone) {
  const ChildResult result = ResultOf("quick-callbacks");
  EXPECT_TRUE(result.Killed(SIGTERM)) << result;
  EXPECT_EQ(result.out, "first, on signal\n");
}

}  // namespace
