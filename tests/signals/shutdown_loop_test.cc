// SPDX-License-Identifier: Apache-2.0

// Services that have a shutdown loop of their own.
#include <signal.h>

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildProcess;
using finalize_test::ChildResult;
using finalize_test::HelperPath;
using finalize_test::RunChild;
using testing::AllOf;
using testing::HasSubstr;

ChildResult ResultOf(const std::string& scenario) {
  return RunChild({HelperPath("shutdown_loop_child"), scenario});
}

ChildResult ResultOfTerm(const std::string& scenario) {
  ChildProcess child({HelperPath("shutdown_loop_child"), scenario});
  EXPECT_TRUE(child.AwaitOutput("ready\n"));
  child.Signal(SIGTERM);
  child.AwaitOutput("the end");
  return child.Await();
}

// C22: a callback is told instead of the drain; the loop ends the process.
TEST(ShutdownLoopTest, IsToldByACallback) {
  const ChildResult result = ResultOfTerm("callback");
  EXPECT_TRUE(result.Killed(SIGTERM)) << result;
  EXPECT_EQ(result.out, "ready\ntold 15\nwork is done\nsignal 15\n");
}

// C22: the callback may end the process itself.
TEST(ShutdownLoopTest, MayEndInTheCallback) {
  const ChildResult result = ResultOfTerm("ends-in-callback");
  EXPECT_TRUE(result.Killed(SIGTERM)) << result;
  EXPECT_EQ(result.out, "ready\ntold\nsignal 15\n");
}

// C22, C17: or call exit().
TEST(ShutdownLoopTest, MayExitInTheCallback) {
  const ChildResult result = ResultOfTerm("callback-exits");
  EXPECT_TRUE(result.Exited(3)) << result;
  EXPECT_EQ(result.out, "ready\nexit 0\n");
}

// C14, C22: one that throws is reported, and no signal is lost by it.
TEST(ShutdownLoopTest, DrainsIfTheCallbackThrows) {
  const ChildResult result = ResultOfTerm("callback-throws");
  EXPECT_TRUE(result.Killed(SIGTERM)) << result;
  EXPECT_EQ(result.out, "ready\nsignal 15\n");
  EXPECT_THAT(result.err, AllOf(HasSubstr("ExitHooks::on_signal"),
                                HasSubstr("exception of type int")));
}

// C22: a descriptor becomes readable at the first signal.
TEST(ShutdownLoopTest, IsToldByADescriptor) {
  const ChildResult result = ResultOfTerm("descriptor");
  EXPECT_TRUE(result.Killed(SIGTERM)) << result;
  EXPECT_EQ(result.out, "no signal\nready\nreadable, after 15\nsignal 15\n");
}

// C22, C15: the service may drain itself, and see the report.
TEST(ShutdownLoopTest, MayDrainItself) {
  const ChildResult result = ResultOf("own-drain");
  EXPECT_TRUE(result.Killed(SIGINT)) << result;
  EXPECT_EQ(result.out,
            "signal 2\nsignal 2\n1 ran, 1 failed\nregistered since\n");
}

// C22: a second signal after the grace means now, to such a service as well.
TEST(ShutdownLoopTest, EndsAtASecondSignal) {
  ChildProcess child({HelperPath("shutdown_loop_child"), "second-signal"});
  ASSERT_TRUE(child.AwaitOutput("ready\n"));
  child.Signal(SIGTERM);
  ASSERT_TRUE(child.AwaitOutput("told\n"));
  child.Signal(SIGTERM);
  child.AwaitOutput("the end");
  const ChildResult result = child.Await();
  EXPECT_TRUE(result.Killed(SIGTERM)) << result;
  EXPECT_EQ(result.out, "ready\ntold\n");
}

// C22: no signal needs to have come, and no hook to be installed.
TEST(EndBySignalTest, NeedsNoHooks) {
  const ChildResult result = ResultOf("without-hooks");
  EXPECT_TRUE(result.Killed(SIGTERM)) << result;
  EXPECT_EQ(result.out, "signal 15\n");
}

// C17, C22: in a callback it goes on with the drain.
TEST(EndBySignalTest, RunsTheRestOnce) {
  const ChildResult result = ResultOf("in-callback");
  EXPECT_TRUE(result.Killed(SIGHUP)) << result;
  EXPECT_EQ(result.out, "third\nsignal 1\n");
}

// C22: a signal that cannot be one is misuse.
TEST(EndBySignalTest, RefusesOtherSignals) {
  const ChildResult result = ResultOf("no-such-signal");
  EXPECT_TRUE(result.Killed(SIGABRT)) << result;
  EXPECT_THAT(result.err, HasSubstr("EndBySignal: not a signal that asks"));
}

}  // namespace
