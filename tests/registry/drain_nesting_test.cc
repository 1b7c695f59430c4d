// SPDX-License-Identifier: Apache-2.0

// Drains on several threads and inside each other (contract C10, C16).
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "finalize/registry.h"
#include "gtest/gtest.h"
#include "tests/support/event_log.h"
#include "tests/support/latch.h"

namespace {

using finalize::Options;
using finalize::Registry;
using finalize::Report;
using finalize::ReportEntry;
using finalize_test::EventLog;
using finalize_test::Latch;

// C16: an outermost drain waits for callbacks on other threads.
TEST(DrainNestingTest, OutermostWaitsForRunningCallbacks) {
  Registry registry;
  Latch started, release;
  bool ended = false;
  auto f = registry.Register([&] {
    started.CountDown();
    release.Wait();
    ended = true;
  });
  std::thread runner([&] { f.Run(); });
  started.Wait();
  std::thread releaser([&] { release.CountDown(); });
  Report report = registry.Drain();
  EXPECT_TRUE(ended);
  EXPECT_EQ(report.running, 0u);
  EXPECT_EQ(report.ran, 0u);  // it ran, but not here
  runner.join();
  releaser.join();
}

// C10, C16: and runs what they register meanwhile.
TEST(DrainNestingTest, OutermostRunsWhatRunningCallbacksRegister) {
  EventLog log;
  Registry registry;
  Latch started, draining;
  auto f = registry.Register([&] {
    started.CountDown();
    draining.Wait();
    registry.Register([&] {
      registry.Register(Options().set_phase(-3), log.Adds("deeper"));
      log.Add("deep");
    });
  });
  std::thread runner([&] { f.Run(); });
  started.Wait();
  registry.Register([&] { draining.CountDown(); });
  Report report = registry.Drain();
  EXPECT_EQ(log.Text(), "deep deeper");
  EXPECT_EQ(report.ran, 3u);
  EXPECT_EQ(report.left, 0u);
  runner.join();
}

// C16: a nested drain never waits, and names what runs elsewhere.
TEST(DrainNestingTest, NestedReportsRunningElsewhere) {
  Registry registry;
  Registry outer;
  Latch started, release;
  auto f = registry.Register(Options("elsewhere"), [&] {
    started.CountDown();
    release.Wait();
  });
  std::thread runner([&] { f.Run(); });
  started.Wait();
  int runs = 0;
  registry.Register([&] { ++runs; });
  outer.Register([&] {
    Report report = registry.Drain();  // would hang here if it waited
    EXPECT_EQ(report.ran, 1u);         // what it can claim it runs
    EXPECT_EQ(report.running, 1u);
    ASSERT_EQ(report.entries.size(), 1u);
    EXPECT_EQ(report.entries[0].name, "elsewhere");
    EXPECT_EQ(report.entries[0].outcome, ReportEntry::Outcome::kRunning);
    release.CountDown();
  });
  EXPECT_TRUE(outer.Drain().status().ok());
  EXPECT_EQ(runs, 1);
  runner.join();
}

// C16: a callback drains its own registry: it runs the rest, and is not itself
// a reason to wait.
TEST(DrainNestingTest, CallbackDrainsItsOwnRegistry) {
  EventLog log;
  Registry registry;
  registry.Register(log.Adds("older"));
  registry.Register([&] {
    Report report = registry.Drain();
    EXPECT_EQ(report.ran, 1u);
    EXPECT_EQ(report.running, 0u);
    log.Add("outer");
  });
  EXPECT_EQ(registry.Drain().ran, 1u);
  EXPECT_EQ(log.Text(), "older outer");
}

// C16: two callbacks, on two threads, drain each other's registries.
TEST(DrainNestingTest, CallbacksDrainEachOthersRegistries) {
  Registry a, b;
  Latch both(2), drained(2);
  int extra = 0;
  auto cross = [&](Registry* other) {
    both.Arrive();  // both run now
    Report report = other->Drain();
    EXPECT_EQ(report.running, 1u);
    drained.Arrive();
  };
  a.Register([&] { ++extra; });
  a.Register({}, cross, &b);
  b.Register({}, cross, &a);
  std::thread thread([&] { a.Drain(); });
  b.Drain();
  thread.join();
  EXPECT_EQ(extra, 1);
}

// C16: two threads drain one registry: each finalizer runs once, and both
// drains return when all have ended.
TEST(DrainNestingTest, TwoThreadsDrainTogether) {
  Registry registry;
  std::atomic<int> runs{0};
  for (int i = 0; i < 2000; ++i) registry.Register([&] { ++runs; });
  Latch start(2);
  Report other;
  std::thread thread([&] {
    start.Arrive();
    other = registry.Drain();
    EXPECT_EQ(runs.load(), 2000);
  });
  start.Arrive();
  Report report = registry.Drain();
  EXPECT_EQ(runs.load(), 2000);
  thread.join();
  EXPECT_EQ(report.ran + other.ran, 2000u);
  EXPECT_EQ(report.left + other.left, 0u);
}

// Nested deeply: a chain of registries, each drained by a callback of the one
// before.
TEST(DrainNestingTest, DrainsNestDeeply) {
  constexpr int kDepth = 500;
  std::vector<std::unique_ptr<Registry>> chain;
  for (int i = 0; i < kDepth; ++i) {
    chain.push_back(std::make_unique<Registry>());
  }
  int runs = 0;
  for (int i = 0; i + 1 < kDepth; ++i) {
    chain[i]->Register([&runs, next = chain[i + 1].get()] {
      ++runs;
      next->Drain();
    });
  }
  chain[0]->Drain();
  EXPECT_EQ(runs, kDepth - 1);
}

}  // namespace
