// SPDX-License-Identifier: Apache-2.0

// What a running process shows of itself (contract C26).
#include "finalize/inspect.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "finalize/at_exit.h"
#include "finalize/registry.h"
#include "finalize/testing.h"
#include "gtest/gtest.h"
#include "tests/support/captured_failures.h"
#include "tests/support/latch.h"

namespace {

using finalize::Counters;
using finalize::DrainOptions;
using finalize::Info;
using finalize::Options;
using finalize::PendingPlace;
using finalize::Registry;
using finalize::RunningInfo;
using finalize::testing::FakeClock;
using finalize_test::CapturedFailures;
using finalize_test::Latch;

// A callback that runs on a thread of its own until the end of the scope.
class Hanging {
 public:
  Hanging(Registry& registry, const Options& options)
      : finalizer_(registry.Register(options,
                                     [this] {
                                       started_.CountDown();
                                       release_.Wait();
                                     })),
        runner_([this] { finalizer_.Run(); }) {
    started_.Wait();
  }
  ~Hanging() {
    release_.CountDown();
    runner_.join();
  }

 private:
  Latch started_, release_;
  finalize::Finalizer<void> finalizer_;
  std::thread runner_;
};

bool Names(const std::vector<RunningInfo>& running, const std::string& name) {
  return std::any_of(
      running.begin(), running.end(),
      [&](const RunningInfo& info) { return info.name == name; });
}

// C26: nothing runs: nothing is shown.
TEST(RunningTest, IsEmptyAtRest) {
  Registry registry;
  registry.Register([] {});
  EXPECT_TRUE(finalize::Running(registry).empty());
}

// C26: one that another thread is running, by its registry and in the whole.
TEST(RunningTest, NamesWhatAnotherThreadRuns) {
  Registry registry, other;
  const int line = __LINE__ + 1;
  const Options options = Options("hangs").set_phase(3);
  Hanging hanging(registry, options);
  const std::vector<RunningInfo> running = finalize::Running(registry);
  ASSERT_EQ(running.size(), 1u);
  EXPECT_EQ(running[0].name, "hangs");
  EXPECT_EQ(running[0].phase, 3);
  EXPECT_EQ(running[0].place.line, line);
  EXPECT_TRUE(Names(finalize::Running(), "hangs"));
  EXPECT_TRUE(finalize::Running(other).empty());
  EXPECT_NE(running[0].ToString().find("inspect_test.cc:"), std::string::npos);
  EXPECT_NE(running[0].ToString().find("\"hangs\""), std::string::npos);
}

// C26: for how long: known of what starts after the first question.
TEST(RunningTest, SaysForHowLong) {
  FakeClock clock;
  Registry registry;
  finalize::Running(registry);
  Hanging hanging(registry, Options("hangs"));
  clock.Advance(absl::Seconds(7));
  const std::vector<RunningInfo> running = finalize::Running(registry);
  ASSERT_EQ(running.size(), 1u);
  ASSERT_TRUE(running[0].elapsed.has_value());
  EXPECT_GE(*running[0].elapsed, absl::Seconds(7));
  EXPECT_NE(running[0].ToString().find(" for "), std::string::npos);
}

// C15, C26: inside a callback; of a drain that has a deadline the start is
// known without a question.
TEST(RunningTest, ShowsTheCallbackThatAsks) {
  FakeClock clock;
  Registry registry;
  registry.Register(Options("asks"), [&] {
    clock.Advance(absl::Seconds(5));
    const std::vector<RunningInfo> running = finalize::Running(registry);
    ASSERT_EQ(running.size(), 1u);
    EXPECT_EQ(running[0].name, "asks");
    ASSERT_TRUE(running[0].elapsed.has_value());
    EXPECT_GE(*running[0].elapsed, absl::Seconds(5));
  });
  DrainOptions options;
  options.deadline = clock.Now() + absl::Hours(1);
  EXPECT_EQ(registry.Drain(options).ran, 1u);
}

// C26: longest first.
TEST(RunningTest, LongestComesFirst) {
  FakeClock clock;
  Registry registry;
  finalize::Running(registry);
  Hanging longest(registry, Options("longest"));
  clock.Advance(absl::Seconds(1));
  Hanging shorter(registry, Options("shorter"));
  clock.Advance(absl::Seconds(1));
  const std::vector<RunningInfo> running = finalize::Running(registry);
  ASSERT_EQ(running.size(), 2u);
  EXPECT_EQ(running[0].name, "longest");
  EXPECT_EQ(running[1].name, "shorter");
}

// C8, C26: that its start was recorded costs an armed one no place.
TEST(RunningTest, RearmedOneKeepsItsPlace) {
  CapturedFailures failures;
  std::string order;
  Registry registry;
  finalize::Running(registry);
  registry.Register([&] { order += 'a'; });
  auto f = registry.RegisterRetryable({}, [&] {
    if (order.empty()) throw 1;
    order += 'b';
  });
  registry.Register([&] { order += 'c'; });
  EXPECT_THROW(f.Run(), int);
  DrainOptions options;
  options.deadline = absl::Now() + absl::Hours(1);
  registry.Drain(options);
  EXPECT_EQ(order, "cba");
}

// C26: grouped by the line that registered them, most first.
TEST(PendingByPlaceTest, GroupsByLine) {
  Registry registry;
  const int many = __LINE__ + 1;
  for (int i = 0; i < 5; ++i) registry.Register([] {});
  const int few = __LINE__ + 1;
  for (int i = 0; i < 2; ++i) registry.Register(Options().set_phase(i), [] {});
  const std::vector<PendingPlace> places = finalize::PendingByPlace(registry);
  ASSERT_EQ(places.size(), 2u);
  EXPECT_EQ(places[0].count, 5u);
  EXPECT_EQ(places[0].place.line, many);
  EXPECT_EQ(places[1].count, 2u);
  EXPECT_EQ(places[1].place.line, few);
  EXPECT_GE(places[0].oldest, absl::ZeroDuration());
  EXPECT_EQ(places[0].ToString().rfind("5, the oldest +", 0), 0u);
  EXPECT_NE(places[0].ToString().find("inspect_test.cc:"), std::string::npos);
}

// C26: of all registries together.
TEST(PendingByPlaceTest, CoversEveryRegistry) {
  Registry a, b;
  const Options here("here");
  a.Register(here, [] {});
  b.Register(here, [] {});
  auto f = finalize::AtExit(here, [] {});
  bool found = false;
  for (const PendingPlace& place : finalize::PendingByPlace()) {
    if (place.place.line != here.place().line) continue;
    EXPECT_EQ(place.count, 3u);
    found = true;
  }
  EXPECT_TRUE(found);
  f.Detach();
  for (const PendingPlace& place : finalize::PendingByPlace()) {
    if (place.place.line != here.place().line) continue;
    EXPECT_EQ(place.count, 2u);
  }
}

// C26: oldest first, whatever the phase.
TEST(PendingByAgeTest, OldestComesFirst) {
  Registry registry;
  registry.Register(Options("1").set_phase(-1), [] {});
  registry.Register(Options("2").set_phase(1), [] {});
  registry.Register(Options("3"), [] {});
  std::string names;
  for (const Info& info : finalize::PendingByAge(registry, 2)) {
    names += info.name;
  }
  EXPECT_EQ(names, "12");
}

// C26: what has happened in a registry.
TEST(CountTest, CountsEachEnd) {
  CapturedFailures failures;
  Registry registry;
  EXPECT_EQ(finalize::Count(registry).registered, 0u);
  registry.Register([] {}).Run();
  registry.Register([] {}).Detach();
  registry.Register([] { throw 1; });
  registry.Register([] { return absl::AbortedError("no"); });
  registry.Register([] {});
  registry.Drain();
  registry.Register([] {});
  const Counters counters = finalize::Count(registry);
  EXPECT_EQ(counters.registered, 6u);
  EXPECT_EQ(counters.run, 4u);
  EXPECT_EQ(counters.detached, 1u);
  EXPECT_EQ(counters.failed, 2u);
  EXPECT_EQ(counters.inherited, 0u);
  EXPECT_EQ(counters.ToString(),
            "6 registered, 4 run, 1 detached, 2 failed, 0 inherited");
}

// C26: each attempt of one that is pending again.
TEST(CountTest, CountsAttempts) {
  CapturedFailures failures;
  Registry registry;
  auto f = registry.RegisterRetryable({}, [] { throw 1; });
  EXPECT_THROW(f.Run(), int);
  registry.Drain();
  f.Detach();
  const Counters counters = finalize::Count(registry);
  EXPECT_EQ(counters.registered, 1u);
  EXPECT_EQ(counters.run, 2u);
  EXPECT_EQ(counters.failed, 2u);
  EXPECT_EQ(counters.detached, 1u);
}

// C26: a registry begins at zero, whoever had its memory before; the sum of
// all keeps what is gone.
TEST(CountTest, RegistriesThatAreGoneCountInTheSum) {
  const Counters before = finalize::Count();
  for (int i = 0; i < 3; ++i) {
    Registry registry;
    EXPECT_EQ(finalize::Count(registry).registered, 0u);
    registry.Register([] {});
  }
  const Counters after = finalize::Count();
  EXPECT_EQ(after.registered - before.registered, 3u);
  EXPECT_EQ(after.run - before.run, 3u);
}

// C26: the whole of it as text.
TEST(DebugTextTest, HasEverySection) {
  Registry registry;
  registry.Register(Options("waiting"), [] {});
  Hanging hanging(registry, Options("hangs"));
  const std::string text = finalize::DebugText(registry);
  EXPECT_EQ(
      text.rfind("2 registered, 1 run, 0 detached, 0 failed, 0 inherited, "
                 "1 pending\nrunning:\n  #",
                 0),
      0u)
      << text;
  EXPECT_NE(text.find("\"hangs\"\npending by place:\n  1, the oldest +"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("oldest pending:\n  #"), std::string::npos) << text;
  EXPECT_NE(text.find("\"waiting\""), std::string::npos) << text;
  EXPECT_NE(finalize::DebugText().find("\"hangs\""), std::string::npos);
}

// C26: no more lines than asked for, and the rest is said.
TEST(DebugTextTest, LimitsItsLines) {
  Registry registry;
  registry.Register([] {});
  registry.Register([] {});
  registry.Register([] {});
  const std::string text = finalize::DebugText(registry, 1);
  EXPECT_NE(text.find("running: nothing\n"), std::string::npos) << text;
  EXPECT_NE(text.find("  and 2 more\n"), std::string::npos) << text;
}

}  // namespace
