// SPDX-License-Identifier: Apache-2.0

// Two ends of one process: the deadline is the one that holds at the first.
#include <signal.h>

#include <string>

#include "finalize/process_end.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize::kWatchdogExitCode;
using finalize_test::ChildProcess;
using finalize_test::ChildResult;
using finalize_test::HelperPath;
using testing::AllOf;
using testing::HasSubstr;

// Its input stays open: it ends by itself.
ChildResult ResultOf(const std::string& scenario) {
  ChildProcess child({HelperPath("end_deadline_child"), scenario});
  child.AwaitOutput("the end");
  return child.Await();
}

// C15, C22: a long deadline at exit() is not cut by a short one set later.
TEST(EndDeadlineTest, IsThatOfExitIfFirst) {
  const ChildResult signal = ResultOf("long-exit-then-signal");
  EXPECT_TRUE(signal.Killed(SIGTERM)) << signal;
  EXPECT_EQ(signal.out, "signalled\noutlasted\nolder\n");
  EXPECT_EQ(signal.err, "");
  const ChildResult terminate = ResultOf("long-exit-then-terminate");
  EXPECT_TRUE(terminate.Killed(SIGABRT)) << terminate;
  EXPECT_EQ(terminate.out, "outlasted\nolder\n");
  const ChildResult quick = ResultOf("long-exit-then-quick-exit");
  EXPECT_TRUE(quick.Exited(4)) << quick;
  EXPECT_EQ(quick.out, "outlasted\nolder\n");
}

// C15, C22: and the other way round.
TEST(EndDeadlineTest, IsThatOfTheSignalIfFirst) {
  const ChildResult result = ResultOf("long-signal-then-exit");
  EXPECT_TRUE(result.Killed(SIGTERM)) << result;
  EXPECT_EQ(result.out, "outlasted\nolder\n");
  EXPECT_EQ(result.err, "");
}

// C15: a short one is not prolonged by what comes later.
TEST(EndDeadlineTest, IsNotProlonged) {
  const ChildResult exits = ResultOf("short-exit-then-signal");
  EXPECT_TRUE(exits.Exited(kWatchdogExitCode)) << exits;
  EXPECT_EQ(exits.out, "signalled\nhangs\n");
  const ChildResult signal = ResultOf("short-signal-then-exit");
  EXPECT_TRUE(signal.Exited(kWatchdogExitCode)) << signal;
  EXPECT_EQ(signal.out, "hangs\n");
  for (const ChildResult* result : {&exits, &signal}) {
    EXPECT_THAT(result->err, AllOf(HasSubstr("outlived its deadline"),
                                   HasSubstr("\"last one\" is still running")));
  }
}

}  // namespace
