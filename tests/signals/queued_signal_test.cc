// SPDX-License-Identifier: Apache-2.0

// Signals that are queued by the thousand.
#include <signal.h>

#include <string>

#include "gtest/gtest.h"
#include "tests/support/child_process.h"
#include "tests/support/send_signal.h"

namespace {

using finalize_test::ChildProcess;
using finalize_test::ChildResult;
using finalize_test::HelperPath;
using finalize_test::QueueSignal;

// Its input stays open: it ends by itself.
ChildResult ResultOf(const std::string& scenario) {
  ChildProcess child({HelperPath("signal_moment_child"), scenario});
  child.AwaitOutput("the end");
  return child.Await();
}

// Whether it was killed by one of those that signal_moment_child takes.
bool KilledByRealTime(const ChildResult& result, int kinds) {
  for (int i = 0; i < kinds; ++i) {
    if (result.Killed(SIGRTMIN + i)) return true;
  }
  return false;
}

// C22: without a grace the second of a thousand queued signals means now,
// although a callback blocks: none of the others is served by a drain of its
// own.
TEST(QueuedSignalTest, SecondEndsTheProcessAtOnce) {
  const ChildResult one = ResultOf("queued-of-one-kind");
  EXPECT_TRUE(one.Killed(SIGRTMIN)) << one;
  const ChildResult four = ResultOf("queued-of-four-kinds");
  EXPECT_TRUE(KilledByRealTime(four, 4)) << four;
  for (const ChildResult* result : {&one, &four}) {
    EXPECT_TRUE(result->out == "queued\n" ||
                result->out == "queued\ndraining\n")
        << *result;
    EXPECT_EQ(result->err, "");
  }
}

// C22: so it is with a thousand from another process, which arrive while the
// drain runs.
TEST(QueuedSignalTest, BurstEndsTheProcessAtOnce) {
  ChildProcess child({HelperPath("signal_moment_child"), "serves"});
  ASSERT_TRUE(child.AwaitOutput("ready\n"));
  for (int i = 0; i < 1000; ++i) QueueSignal(child.pid(), SIGRTMIN + i % 4);
  child.AwaitOutput("the end");
  const ChildResult result = child.Await();
  EXPECT_TRUE(KilledByRealTime(result, 4)) << result;
  EXPECT_TRUE(result.out == "ready\n" || result.out == "ready\ndraining\n")
      << result;
  EXPECT_EQ(result.err, "");
}

// C22: one that comes alone drains, and the process dies by it.
TEST(QueuedSignalTest, DrainsIfItIsAlone) {
  const ChildResult result = ResultOf("queued-once");
  EXPECT_TRUE(result.Killed(SIGRTMIN)) << result;
  EXPECT_EQ(result.out, "value 42\ndrained on signal\n");
  EXPECT_EQ(result.err, "");
}

}  // namespace
