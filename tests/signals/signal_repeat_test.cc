// SPDX-License-Identifier: Apache-2.0

// One request to end that comes as several signals, and what a second request
// is.
#include <signal.h>

#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "finalize/exit_hooks.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace {

using finalize::ExitHooks;
using finalize_test::ChildProcess;
using finalize_test::ChildResult;
using finalize_test::HelperPath;
using testing::HasSubstr;

struct Pair {
  int first;
  int second;
};
// A wrapper that repeats, systemd, a shell that forwards, a terminal.
constexpr Pair kPairs[] = {
    {SIGTERM, SIGTERM}, {SIGTERM, SIGHUP}, {SIGINT, SIGTERM}, {SIGHUP, SIGHUP}};

std::string DrainedOn(const std::string& cause, int signal) {
  return "drained on " + cause + " " + std::to_string(signal) + "\n";
}

// C22: two signals from 0.1 to 100 ms apart are one request: the drain takes
// the time it takes, and the process dies by the first.
TEST(SignalRepeatTest, IsPartOfTheRequest) {
  for (const Pair& pair : kPairs) {
    for (const absl::Duration gap :
         {absl::ZeroDuration(), absl::Microseconds(100), absl::Milliseconds(1),
          absl::Milliseconds(10), absl::Milliseconds(100)}) {
      ChildProcess child({HelperPath("signal_repeat_child"), "serves"});
      ASSERT_TRUE(child.AwaitOutput("ready\n"));
      child.Signal(pair.first);
      // The first is not to wait behind a second of a smaller number.
      ASSERT_TRUE(child.AwaitOutput("draining\n"));
      absl::SleepFor(gap);
      child.Signal(pair.second);
      child.Send("x");
      child.AwaitOutput("the end");
      const ChildResult result = child.Await();
      ASSERT_TRUE(result.Killed(pair.first)) << gap << result;
      ASSERT_EQ(result.out,
                "ready\ndraining\n" + DrainedOn("signal", pair.first));
      ASSERT_EQ(result.err, "");
    }
  }
}

// C22: so it is with a hundred of them, and with all kinds at one moment.
TEST(SignalRepeatTest, MayComeInAnyNumber) {
  ChildProcess child({HelperPath("signal_repeat_child"), "serves"});
  ASSERT_TRUE(child.AwaitOutput("ready\n"));
  child.Signal(SIGTERM);
  ASSERT_TRUE(child.AwaitOutput("draining\n"));
  for (int i = 0; i < 100; ++i) {
    for (const int signal : {SIGTERM, SIGHUP, SIGINT}) child.Signal(signal);
  }
  child.Send("x");
  child.AwaitOutput("the end");
  const ChildResult result = child.Await();
  EXPECT_TRUE(result.Killed(SIGTERM)) << result;
  EXPECT_EQ(result.out, "ready\ndraining\n" + DrainedOn("signal", SIGTERM));
  for (int i = 0; i < 50; ++i) {
    ChildProcess together(
        {HelperPath("signal_repeat_child"), "raises-together"});
    together.AwaitOutput("the end");
    const ChildResult ended = together.Await();
    ASSERT_TRUE(ended.Killed(SIGTERM) || ended.Killed(SIGINT) ||
                ended.Killed(SIGHUP))
        << ended;
    ASSERT_EQ(ended.out, "drained\n") << ended;
  }
}

// C22: an interrupt for the group, which a wrapper forwards as well.
TEST(SignalRepeatTest, MayBeForwarded) {
  ChildProcess child({HelperPath("signal_repeat_child"), "forwards"});
  ASSERT_TRUE(child.AwaitOutput("ready\n"));
  child.SignalGroup(SIGINT);
  ASSERT_TRUE(child.AwaitOutput("draining\n"));
  ASSERT_TRUE(child.AwaitOutput("forwarded\n"));
  child.Send("x");
  const ChildResult result = child.Await();
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_THAT(result.out, HasSubstr(DrainedOn("signal", SIGINT)));
  EXPECT_THAT(result.out, HasSubstr("ended by 2\n"));
}

// C22: a terminal that closes: the shell hangs the service up, and so does the
// kernel.
TEST(SignalRepeatTest, MayBeOfATerminalThatCloses) {
  ChildProcess child({HelperPath("signal_repeat_child"), "terminal-closes"});
  ASSERT_TRUE(child.AwaitOutput("ready\n"));
  child.Send("x");
  const ChildResult result = child.Await();
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_THAT(result.out, HasSubstr("shell has ended\n"));
  EXPECT_THAT(result.out, HasSubstr(DrainedOn("signal", SIGHUP)));
  EXPECT_THAT(result.out, HasSubstr("ended by 1\n"));
}

// C22, C17: the same in the drain of exit(), which the first one meets.
TEST(SignalRepeatTest, IsPartOfTheRequestDuringExit) {
  for (const Pair& pair : kPairs) {
    ChildProcess child({HelperPath("signal_repeat_child"), "exits"});
    ASSERT_TRUE(child.AwaitOutput("draining\n"));
    child.Signal(pair.first);
    ASSERT_TRUE(child.AwaitOutput("asked\n"));
    child.Signal(pair.second);
    child.Send("x");
    child.AwaitOutput("the end");
    const ChildResult result = child.Await();
    EXPECT_TRUE(result.Killed(pair.first)) << result;
    EXPECT_EQ(result.out, "draining\nasked\n" + DrainedOn("exit", 0));
  }
}

// C22: a named handler, on_signal and the descriptor tell of the first, once.
TEST(SignalRepeatTest, IsToldOnce) {
  ChildProcess child({HelperPath("signal_repeat_child"), "tells-once"});
  child.AwaitOutput("the end");
  const ChildResult result = child.Await();
  EXPECT_TRUE(result.Killed(SIGTERM)) << result;
  EXPECT_EQ(result.out, "own handler 15\ntold 15\ncounted 1\n" +
                            DrainedOn("signal", SIGTERM));
}

// C22, C21: what a parent was asked is not part of its child's request.
TEST(SignalRepeatTest, IsOfOneProcess) {
  ChildProcess child(
      {HelperPath("signal_repeat_child"), "child-is-asked-anew"});
  const ChildResult result = child.Await();
  EXPECT_TRUE(result.Exited(0)) << result;
  EXPECT_EQ(result.out, DrainedOn("signal", SIGHUP) + "ended by 1\n");
}

// C22: after the grace a second signal means now, the same or another.
TEST(SecondSignalTest, MeansNowAfterTheGrace) {
  for (const int second : {SIGTERM, SIGINT, SIGHUP}) {
    ChildProcess child({HelperPath("signal_repeat_child"), "hangs-past-grace"});
    ASSERT_TRUE(child.AwaitOutput("ready\n"));
    child.Signal(SIGTERM);
    ASSERT_TRUE(child.AwaitOutput("grace is over\n"));
    child.Signal(second);
    child.AwaitOutput("the end");
    const ChildResult result = child.Await();
    EXPECT_TRUE(result.Killed(second)) << result;
    EXPECT_EQ(result.out, "ready\ngrace is over\n");
  }
}

// C22: the grace counts from the first signal: those within it do not extend
// it.
TEST(SecondSignalTest, MeansNowHoweverManyCameBefore) {
  ChildProcess child(
      {HelperPath("signal_repeat_child"), "hangs-under-signals"});
  ASSERT_TRUE(child.AwaitOutput("ready\n"));
  child.Signal(SIGTERM);
  for (int i = 0; i < 3000 && child.IsRunning(); ++i) {
    absl::SleepFor(absl::Milliseconds(1));
    child.Signal(SIGHUP);
  }
  const ChildResult result = child.Await();
  EXPECT_TRUE(result.Killed(SIGHUP)) << result;
  EXPECT_EQ(result.out, "ready\n");
}

// C22: what the header says.
TEST(RepeatGraceTest, IsHalfASecond) {
  EXPECT_EQ(ExitHooks().repeat_grace, absl::Milliseconds(500));
}

// C22: it is no negative time.
TEST(RepeatGraceTest, IsNotNegative) {
  ExitHooks hooks;
  hooks.repeat_grace = -absl::Nanoseconds(1);
  const absl::Status status = finalize::InstallExitHooks(hooks);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("ExitHooks::repeat_grace"));
}

}  // namespace
