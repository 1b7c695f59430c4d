// SPDX-License-Identifier: Apache-2.0

// std::terminate(), where it was asked for.
#include <signal.h>

#include <algorithm>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize_test::ChildResult;
using finalize_test::HelperPath;
using finalize_test::RunChild;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

ChildResult ResultOf(const std::string& scenario) {
  return RunChild({HelperPath("terminate_child"), scenario});
}

// What the run-time library says of an exception that nobody caught.
constexpr char kMessage[] =
    "terminate called after throwing an instance of 'std::runtime_error'\n"
    "  what():  what went wrong\n";

// C22: it drains, with its cause, and ends as it would have.
TEST(TerminateTest, DrainsAndAborts) {
  const ChildResult result = ResultOf("uncaught");
  EXPECT_TRUE(result.Killed(SIGABRT)) << result;
  EXPECT_EQ(result.out, "first, on terminate\n");
  EXPECT_EQ(result.err, kMessage);
}

// C22: without an exception as well.
TEST(TerminateTest, NeedsNoException) {
  const ChildResult result = ResultOf("without-exception");
  EXPECT_TRUE(result.Killed(SIGABRT)) << result;
  EXPECT_EQ(result.out, "first, on terminate\n");
  EXPECT_EQ(result.err, "terminate called without an active exception\n");
}

// C19: not unless it was asked for.
TEST(TerminateTest, IsOffByDefault) {
  const ChildResult result = ResultOf("terminate-not-asked-for");
  EXPECT_TRUE(result.Killed(SIGABRT)) << result;
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err, kMessage);
}

// C22: a handler of the program's comes next, with the exception.
TEST(TerminateTest, GoesOnToTheHandlerBefore) {
  const ChildResult result = ResultOf("own-handler");
  EXPECT_TRUE(result.Exited(6)) << result;
  EXPECT_EQ(result.out, "first, on terminate\nown handler\nwhat went wrong\n");
}

// C22: one that throws, against the rules, does not start all over.
TEST(TerminateTest, DoesNotRecurseInTheHandlerBefore) {
  const ChildResult result = ResultOf("own-handler-throws");
  EXPECT_TRUE(result.Killed(SIGABRT)) << result;
  EXPECT_EQ(result.out, "first, on terminate\nown handler\n");
}

// C22: a callback that terminates ends the drain; the first message is kept.
TEST(TerminateTest, DoesNotRecurseInACallback) {
  const ChildResult result = ResultOf("terminate-in-callback");
  EXPECT_TRUE(result.Killed(SIGABRT)) << result;
  EXPECT_EQ(result.out, "third\n");
  EXPECT_EQ(result.err, kMessage);
}

// C14: one that throws is reported, and the rest still runs.
TEST(TerminateTest, ReportsCallbacksThatThrow) {
  const ChildResult result = ResultOf("callback-throws");
  EXPECT_TRUE(result.Killed(SIGABRT)) << result;
  EXPECT_EQ(result.out, "first, on terminate\n");
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("failed on terminate"),
                    HasSubstr("exception of type int"), HasSubstr(kMessage)));
}

// C17: exit() in a callback does not make an end in order of it.
TEST(TerminateTest, OverrulesExitInACallback) {
  const ChildResult result = ResultOf("exit-in-terminate");
  EXPECT_TRUE(result.Killed(SIGABRT)) << result;
  EXPECT_EQ(result.out, "first, on terminate\n");
  EXPECT_EQ(result.err, kMessage);
}

// C17: in a callback of another drain it goes on with that, once.
TEST(TerminateTest, GoesOnWithTheExitDrain) {
  const ChildResult result = ResultOf("terminate-in-exit-drain");
  EXPECT_TRUE(result.Killed(SIGABRT)) << result;
  EXPECT_EQ(result.out, "third\nfirst, on terminate\n");
  EXPECT_EQ(result.err, kMessage);
}

// C17, C22: beside another drain it lets that finish, and then aborts.
TEST(TerminateTest, AwaitsTheDrainOfAnotherThread) {
  const ChildResult exits = ResultOf("terminate-beside-exit");
  EXPECT_TRUE(exits.Killed(SIGABRT)) << exits;
  EXPECT_EQ(exits.out, "asked\nfirst, on exit\n");
  EXPECT_EQ(exits.err, kMessage);
  const ChildResult signal = ResultOf("terminate-beside-signal");
  EXPECT_TRUE(signal.Killed(SIGABRT)) << signal;
  EXPECT_EQ(signal.out, "asked\nfirst, on signal\n");
  EXPECT_EQ(signal.err, kMessage);
}

// C22: a first signal does not take its place.
TEST(TerminateTest, OverrulesASignal) {
  const ChildResult result = ResultOf("signal-in-terminate");
  EXPECT_TRUE(result.Killed(SIGABRT)) << result;
  EXPECT_EQ(result.out, "first, on terminate\n");
  EXPECT_EQ(result.err, kMessage);
}

// C1, C22: two threads at one moment: one drain, one message.
TEST(TerminateTest, DrainsOnce) {
  for (int i = 0; i < 100; ++i) {
    const ChildResult result = ResultOf("two-terminate");
    ASSERT_TRUE(result.Killed(SIGABRT)) << result;
    ASSERT_EQ(result.out, "first, on terminate\n");
    ASSERT_EQ(result.err, kMessage);
  }
}

// C15: a callback that hangs: the watchdog's report, and the end is the same.
TEST(TerminateTest, IsWatched) {
  const ChildResult result = ResultOf("terminate-hangs");
  EXPECT_TRUE(result.Killed(SIGABRT)) << result;
  EXPECT_THAT(result.err, AllOf(HasSubstr("the terminate drain outlived"),
                                HasSubstr("the process aborts"),
                                HasSubstr("\"hanging one\" is still"),
                                HasSubstr(kMessage)));
}

}  // namespace
