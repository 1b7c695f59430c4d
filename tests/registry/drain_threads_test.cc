// SPDX-License-Identifier: Apache-2.0

// Drains with helper threads (contract C10, C14, C15, C16).
#include <atomic>
#include <thread>

#include "absl/status/status.h"
#include "finalize/registry.h"
#include "gtest/gtest.h"
#include "tests/support/captured_failures.h"
#include "tests/support/event_log.h"
#include "tests/support/latch.h"

namespace {

using finalize::DrainOptions;
using finalize::Options;
using finalize::Registry;
using finalize::Report;
using finalize::ReportEntry;
using finalize_test::CapturedFailures;
using finalize_test::EventLog;
using finalize_test::Latch;

DrainOptions WithThreads(int threads) {
  DrainOptions options;
  options.threads = threads;
  return options;
}

// C15: helper threads run a phase in parallel.
TEST(DrainThreadsTest, HelperThreadsRunInParallel) {
  Registry registry;
  Latch all(4);
  for (int i = 0; i < 4; ++i) {
    registry.Register([&] { all.Arrive(); });  // each needs the others
  }
  EXPECT_EQ(registry.Drain(WithThreads(4)).ran, 4u);
}

// C15: never on more threads than allowed, and not on the caller's.
TEST(DrainThreadsTest, ThreadLimitHolds) {
  Registry registry;
  std::atomic<int> now{0}, most{0};
  std::atomic<bool> on_caller{false};
  const std::thread::id caller = std::this_thread::get_id();
  for (int i = 0; i < 200; ++i) {
    registry.Register([&] {
      const int running = ++now;
      int seen = most.load();
      while (running > seen && !most.compare_exchange_weak(seen, running)) {
      }
      if (std::this_thread::get_id() == caller) on_caller = true;
      std::this_thread::yield();
      --now;
    });
  }
  EXPECT_EQ(registry.Drain(WithThreads(3)).ran, 200u);
  EXPECT_LE(most.load(), 3);
  EXPECT_FALSE(on_caller.load());
}

// C15: a barrier between phases: no lower one starts while a higher one runs.
TEST(DrainThreadsTest, PhasesAreSeparatedByABarrier) {
  Registry registry;
  std::atomic<int> high{0}, low_too_early{0};
  constexpr int kEach = 50;
  for (int i = 0; i < kEach; ++i) {
    registry.Register(Options().set_phase(0), [&] {
      if (high.load() != kEach) ++low_too_early;
    });
    registry.Register(Options().set_phase(1), [&] {
      std::this_thread::yield();
      ++high;
    });
  }
  EXPECT_EQ(registry.Drain(WithThreads(4)).ran, 2u * kEach);
  EXPECT_EQ(low_too_early.load(), 0);
}

// C10, C15: what a callback registers on a helper thread runs in that drain.
TEST(DrainThreadsTest, CallbacksOnHelperThreadsMayRegister) {
  EventLog log;
  Registry registry;
  registry.Register(Options().set_phase(1), [&] {
    registry.Register(Options().set_phase(1), log.Adds("same"));
    registry.Register(Options().set_phase(-1), log.Adds("lower"));
  });
  EXPECT_EQ(registry.Drain(WithThreads(2)).ran, 3u);
  EXPECT_EQ(log.Text(), "same lower");
}

// C14, C15: failures on helper threads are in the report.
TEST(DrainThreadsTest, FailuresOnHelperThreadsAreReported) {
  CapturedFailures failures;
  Registry registry;
  for (int i = 0; i < 20; ++i) {
    registry.Register([i] {
      if (i % 2) throw i;
    });
  }
  Report report = registry.Drain(WithThreads(4));
  EXPECT_EQ(report.ran, 10u);
  EXPECT_EQ(report.failed, 10u);
  EXPECT_EQ(report.entries.size(), 10u);
  EXPECT_EQ(failures.size(), 10u);
}

// C8, C15: a retryable one is attempted once on helper threads too.
TEST(DrainThreadsTest, RetryableIsTriedOnceOnHelperThreads) {
  CapturedFailures failures;
  std::atomic<int> attempts{0};
  Registry registry;
  auto f = registry.RegisterRetryable(Options("again"), [&] {
    ++attempts;
    return absl::AbortedError("later");
  });
  Report report = registry.Drain(WithThreads(2));
  EXPECT_EQ(attempts.load(), 1);
  EXPECT_EQ(report.failed, 1u);
  EXPECT_EQ(report.left, 1u);
  ASSERT_EQ(report.entries.size(), 1u);
  EXPECT_EQ(report.entries[0].outcome, ReportEntry::Outcome::kPendingAgain);
  EXPECT_TRUE(f.alive());
  f.Detach();
}

// C15: nothing pending: no thread is needed, and the report is empty.
TEST(DrainThreadsTest, NothingToDoInParallel) {
  Registry registry;
  Report report = registry.Drain(WithThreads(4));
  EXPECT_EQ(report.ran + report.left + report.running, 0u);
}

// C16: nested, parallel and across each other: nothing deadlocks.
TEST(DrainThreadsTest, ParallelDrainsMayNest) {
  Registry a, b;
  std::atomic<int> runs{0};
  for (int i = 0; i < 4; ++i) {
    a.Register([&] {
      ++runs;
      b.Drain(WithThreads(2));
    });
    b.Register([&] {
      ++runs;
      a.Drain(WithThreads(2));
    });
  }
  a.Drain(WithThreads(2));
  b.Drain(WithThreads(2));
  EXPECT_EQ(runs.load(), 8);
}

}  // namespace
