// SPDX-License-Identifier: Apache-2.0

// ExitHooks::handled_after_drain: handlers that end the process.
#include <signal.h>

#include <string>

#include "finalize/exit_hooks.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildProcess;
using finalize_test::ChildResult;
using finalize_test::HelperPath;
using testing::AllOf;
using testing::HasSubstr;

// Its input stays open: it ends by itself.
ChildResult ResultOf(const std::string& scenario) {
  ChildProcess child({HelperPath("handled_last_child"), scenario});
  child.AwaitOutput("the end");
  return child.Await();
}

ChildResult ResultOfTerm(const std::string& scenario) {
  ChildProcess child({HelperPath("handled_last_child"), scenario});
  EXPECT_TRUE(child.AwaitOutput("ready\n"));
  child.Signal(SIGTERM);
  child.AwaitOutput("the end");
  return child.Await();
}

// C22: Abseil's handler, which treats SIGTERM as a crash: the process drains,
// then the handler prints its trace, and the process dies by the signal.
TEST(HandledAfterDrainTest, DrainsBeforeAFailureHandler) {
  const ChildResult result = ResultOfTerm("failure-handler");
  EXPECT_TRUE(result.Killed(SIGTERM)) << result;
  EXPECT_EQ(result.out, "ready\ndrained on signal\n");
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("SIGTERM received"), HasSubstr("PC: @")));
}

// C22: the handler has a frame on the thread that the signal came to, what the
// signal came with, its mask, and its place.
TEST(HandledAfterDrainTest, FindsAllAsIfItCameFirst) {
  const ChildResult result = ResultOf("looks-at-all");
  EXPECT_TRUE(result.Exited(9)) << result;
  EXPECT_EQ(result.out,
            "drained on signal\nown handler\nsent by sigqueue\nvalue 42\n"
            "a context\nits thread\nits mask\nput back\n");
}

// C22: if it returns, the process ends by the signal nevertheless; if it hangs,
// at the deadline.
TEST(HandledAfterDrainTest, NeedNotEndTheProcess) {
  const ChildResult returns = ResultOfTerm("returns");
  EXPECT_TRUE(returns.Killed(SIGTERM)) << returns;
  EXPECT_EQ(returns.out, "ready\ndrained on signal\nown handler\n");
  const ChildResult hangs = ResultOfTerm("hangs");
  EXPECT_TRUE(hangs.Killed(SIGTERM)) << hangs;
  EXPECT_EQ(hangs.out, "ready\ndrained on signal\nhangs\n");
}

// C22: it runs although the thread that the signal came to has ended, and
// although none came.
TEST(HandledAfterDrainTest, NeedsNeitherThreadNorSignal) {
  const ChildResult ended = ResultOf("thread-ends");
  EXPECT_TRUE(ended.Killed(SIGTERM)) << ended;
  EXPECT_EQ(ended.out, "drained\nown handler\n");
  const ChildResult none = ResultOf("ends-by-signal");
  EXPECT_TRUE(none.Killed(SIGTERM)) << none;
  EXPECT_EQ(none.out, "drained on signal\nown handler\n");
}

// C22: where there is no handler, or no more, the process dies by the signal.
TEST(HandledAfterDrainTest, NeedsNoHandler) {
  const ChildResult none = ResultOfTerm("has-none");
  EXPECT_TRUE(none.Killed(SIGTERM)) << none;
  EXPECT_EQ(none.out, "ready\ndrained on signal\n");
  const ChildResult replaced = ResultOf("replaced-since");
  EXPECT_TRUE(replaced.Killed(SIGTERM)) << replaced;
  EXPECT_EQ(replaced.out, "drained on signal\n");
}

// C22: a signal within the grace does not cut the handler off.
TEST(HandledAfterDrainTest, IsNotCutOffByARepeat) {
  const ChildResult result = ResultOfTerm("repeats");
  EXPECT_TRUE(result.Killed(SIGTERM)) << result;
  EXPECT_EQ(result.out, "ready\ndrained on signal\nown handler\n");
}

// C22: PID 1, which does not die of the signal that the handler raises.
TEST(HandledAfterDrainTest, EndsPidOne) {
  const ChildResult result = ResultOf("failure-handler-in-container");
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, "drained on signal\nexited with 143\n");
  EXPECT_THAT(result.err, HasSubstr("SIGTERM received"));
}

// C22: it takes the signals that `signals` takes.
TEST(HandledAfterDrainTest, RefusesWhatDoesNotAskToEnd) {
  finalize::ExitHooks hooks;
  hooks.handled_after_drain = {SIGTERM, SIGSEGV};
  const absl::Status status = finalize::InstallExitHooks(hooks);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("ExitHooks::handled_after_drain: 11"));
}

}  // namespace
