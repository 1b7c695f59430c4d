// SPDX-License-Identifier: Apache-2.0

// RegisterRetryable and OnDestroyRetryable (contract C8).
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "finalize/lifetime.h"
#include "finalize/registry.h"
#include "finalize/shared.h"
#include "gtest/gtest.h"
#include "tests/support/captured_failures.h"
#include "tests/support/event_log.h"

namespace {

using finalize::Options;
using finalize::Registry;
using finalize::Report;
using finalize::ReportEntry;
using finalize_test::CapturedFailures;
using finalize_test::EventLog;

// Fails until told otherwise.
struct Flaky {
  absl::Status operator()() {
    ++attempts;
    return good ? absl::OkStatus() : absl::UnavailableError("later");
  }
  int attempts = 0;
  bool good = false;
};

// C8: a failed Run leaves it pending; one successful run is the last.
TEST(RetryableTest, FailedRunCanBeRepeated) {
  Flaky flaky;
  Registry registry;
  auto f = registry.RegisterRetryable({}, std::ref(flaky));
  EXPECT_EQ(f.Run(), absl::UnavailableError("later"));
  EXPECT_TRUE(f.alive());
  EXPECT_EQ(f.Run(), absl::UnavailableError("later"));
  flaky.good = true;
  EXPECT_EQ(f.Run(), absl::OkStatus());
  EXPECT_FALSE(f.alive());
  EXPECT_EQ(f.Run(), std::nullopt);
  EXPECT_EQ(flaky.attempts, 3);
}

// C8: an exception is a failure too.
TEST(RetryableTest, ThrowingRunCanBeRepeated) {
  bool good = false;
  Registry registry;
  auto f = registry.RegisterRetryable({}, [&] {
    if (!good) throw 1;
    return 5;
  });
  EXPECT_THROW(f.Run(), int);
  EXPECT_TRUE(f.alive());
  good = true;
  EXPECT_EQ(f.Run(), 5);
  EXPECT_FALSE(f.alive());
}

// C8: the callback and its arguments are lvalues: they keep their state.
TEST(RetryableTest, StateIsKeptBetweenAttempts) {
  Registry registry;
  auto f = registry.RegisterRetryable(
      {},
      [n = 0](std::string& s) mutable {
        s += 'x';
        if (++n < 3) throw s.size();
        return s;
      },
      std::string());
  EXPECT_THROW(f.Run(), size_t);
  EXPECT_THROW(f.Run(), size_t);
  EXPECT_EQ(f.Run(), "xxx");
}

// C8: without it a failed one is spent.
TEST(RetryableTest, OrdinaryOneIsSpent) {
  Flaky flaky;
  Registry registry;
  auto f = registry.Register(std::ref(flaky));
  f.Run();
  EXPECT_FALSE(f.alive());
}

// C8: at its old place.
TEST(RetryableTest, KeepsItsPlace) {
  EventLog log;
  Registry registry;
  registry.Register(log.Adds("1"));
  bool good = false;
  auto f = registry.RegisterRetryable({}, [&] {
    if (!good) throw 1;
    log.Add("2");
  });
  registry.Register(log.Adds("3"));
  EXPECT_THROW(f.Run(), int);
  registry.Register(log.Adds("4"));
  good = true;
  registry.Drain();
  EXPECT_EQ(log.Text(), "4 3 2 1");
}

// C8: a drain attempts it once, and reports it as left.
TEST(RetryableTest, DrainTriesItOnce) {
  CapturedFailures failures;
  Flaky flaky;
  EventLog log;
  Registry registry;
  registry.Register(log.Adds("older"));
  auto f = registry.RegisterRetryable(Options("flaky"), std::ref(flaky));
  registry.Register(log.Adds("newer"));
  Report report = registry.Drain();
  EXPECT_EQ(flaky.attempts, 1);
  EXPECT_EQ(log.Text(), "newer older");
  EXPECT_EQ(report.ran, 2u);
  EXPECT_EQ(report.failed, 1u);
  EXPECT_EQ(report.left, 1u);
  EXPECT_EQ(report.status(), absl::UnavailableError("later"));
  ASSERT_EQ(report.entries.size(), 1u);
  EXPECT_EQ(report.entries[0].outcome, ReportEntry::Outcome::kPendingAgain);
  EXPECT_EQ(failures.size(), 1u);
  EXPECT_TRUE(f.alive());
  flaky.good = true;
  EXPECT_EQ(registry.Drain().ran, 1u);  // the next drain tries again
  EXPECT_EQ(flaky.attempts, 2);
}

// C8: also where callbacks after it keep the drain going.
TEST(RetryableTest, DrainDoesNotComeBackToIt) {
  CapturedFailures failures;
  Flaky flaky;
  Registry registry;
  registry.Register([&] {
    registry.Register(Options().set_phase(5),
                      [&] { registry.Register([] {}); });
  });
  registry.RegisterRetryable({}, std::ref(flaky));
  registry.Drain();
  EXPECT_EQ(flaky.attempts, 1);
  flaky.good = true;
}

// C8: one that a callback runs, and that fails, is not tried by the drain as
// well; the report names it.
TEST(RetryableTest, DrainLeavesWhatFailedInARun) {
  Flaky flaky;
  Registry registry;
  auto f = registry.RegisterRetryable(Options("flaky"), std::ref(flaky));
  registry.Register([&] { EXPECT_FALSE(f.Run()->ok()); });
  Report report = registry.Drain();
  EXPECT_EQ(flaky.attempts, 1);
  EXPECT_EQ(report.ran, 1u);
  EXPECT_EQ(report.left, 1u);
  EXPECT_FALSE(report.status().ok());
  ASSERT_EQ(report.entries.size(), 1u);
  EXPECT_EQ(report.entries[0].name, "flaky");
  EXPECT_EQ(report.entries[0].outcome, ReportEntry::Outcome::kUnreached);
  flaky.good = true;
}

// C8: while it runs it is dead, in each attempt.
TEST(RetryableTest, IsDeadDuringEachAttempt) {
  int attempts = 0;
  Registry registry;
  finalize::Finalizer<> f;
  f = registry.RegisterRetryable({}, [&] {
    EXPECT_FALSE(f.alive());
    EXPECT_FALSE(f.Run());
    if (++attempts < 3) throw 1;
  });
  EXPECT_THROW(f.Run(), int);
  EXPECT_THROW(f.Run(), int);
  EXPECT_TRUE(f.Run());
  EXPECT_EQ(attempts, 3);
}

// C4: it can be detached before and between attempts.
TEST(RetryableTest, CanBeDetachedBetweenAttempts) {
  Flaky flaky;
  Registry registry;
  auto f = registry.RegisterRetryable({}, std::ref(flaky));
  f.Run();
  auto callback = f.Detach();
  flaky.good = true;
  EXPECT_EQ(std::move(callback)(), absl::OkStatus());
  EXPECT_EQ(registry.size(), 0u);
}

// C8, C13: the end of its lifetime tries it once; then only Run and drains do.
TEST(RetryableTest, OutlivesItsLifetime) {
  CapturedFailures failures;
  Flaky flaky;
  Registry registry;
  finalize::Finalizer<absl::Status> f;
  {
    finalize::Lifetime lifetime;
    f = registry.OnDestroyRetryable(lifetime, Options("flaky"),
                                    std::ref(flaky));
  }
  EXPECT_EQ(flaky.attempts, 1);
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_EQ(failures.at(0).outcome, ReportEntry::Outcome::kPendingAgain);
  EXPECT_TRUE(f.alive());
  EXPECT_EQ(registry.Drain().failed, 1u);
  flaky.good = true;
  EXPECT_EQ(f.Run(), absl::OkStatus());
  EXPECT_EQ(flaky.attempts, 3);
}

// C8, C13: a failure before that leaves it on its lifetime, at its place.
TEST(RetryableTest, StaysOnItsLifetime) {
  EventLog log;
  bool good = false;
  Registry registry;
  {
    finalize::Lifetime lifetime;
    registry.OnDestroy(lifetime, {}, log.Adds("1"));
    auto f = registry.OnDestroyRetryable(lifetime, {}, [&] {
      if (!good) throw 1;
      log.Add("2");
    });
    registry.OnDestroy(lifetime, {}, log.Adds("3"));
    EXPECT_THROW(f.Run(), int);
    good = true;
  }
  EXPECT_EQ(log.Text(), "3 2 1");
}

// C8, C13: after a success, or a detach, its lifetime has forgotten it.
TEST(RetryableTest, LeavesItsLifetimeForGood) {
  int runs = 0;
  Registry registry;
  {
    finalize::Lifetime lifetime;
    auto run = registry.OnDestroyRetryable(lifetime, {}, [&] { ++runs; });
    auto detached = registry.OnDestroyRetryable(lifetime, {}, [&] { ++runs; });
    auto last = registry.OnDestroyRetryable(lifetime, {}, [&] { ++runs; });
    EXPECT_TRUE(run.Run());
    detached.Detach();
    // Their storage is used again: the end of the lifetime must not reach it.
    for (int i = 0; i < 100; ++i) registry.Register([&] { runs += 1000; });
    EXPECT_TRUE(last.Run());
  }
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(registry.size(), 100u);
}

// C8, C13: one that runs elsewhere when its lifetime ends, and fails then, is
// pending without it.
TEST(RetryableTest, FailsElsewhereAfterTheEndOfItsLifetime) {
  Flaky flaky;
  Registry registry;
  auto lifetime = std::make_unique<finalize::Lifetime>();
  auto f = registry.OnDestroyRetryable(*lifetime, {}, [&] {
    lifetime.reset();
    return flaky();
  });
  EXPECT_FALSE(f.Run()->ok());
  EXPECT_TRUE(f.alive());
  flaky.good = true;
  EXPECT_EQ(registry.Drain().ran, 1u);
  EXPECT_EQ(flaky.attempts, 2);
}

// C8, C13: a shared referent, too.
TEST(RetryableTest, OutlivesASharedReferent) {
  CapturedFailures failures;
  Flaky flaky;
  Registry registry;
  auto shared = finalize::MakeShared<int>(1);
  auto f = registry.OnDestroyRetryable(shared, {}, std::ref(flaky));
  shared.reset();
  EXPECT_TRUE(f.alive());
  EXPECT_EQ(f.Peek()->referent, nullptr);
  flaky.good = true;
  EXPECT_TRUE(f.Run()->ok());
}

// C7: its callable lives until it has succeeded.
TEST(RetryableTest, CallableLivesUntilItSucceeds) {
  bool good = false;
  auto bound = std::make_shared<int>();
  Registry registry;
  auto f = registry.RegisterRetryable(
      {},
      [&](const std::shared_ptr<int>&) {
        if (!good) throw 1;
      },
      bound);
  EXPECT_THROW(f.Run(), int);
  EXPECT_EQ(bound.use_count(), 2);
  good = true;
  f.Run();
  EXPECT_EQ(bound.use_count(), 1);
}

// C3: a waiter is woken by a failed attempt as well.
TEST(RetryableTest, WaitEndsWithAFailedAttempt) {
  bool good = false;
  finalize::Finalizer<> f;
  std::thread waiter;
  Registry registry;
  f = registry.RegisterRetryable({}, [&] {
    if (good) return;
    waiter = std::thread([&] { f.Wait(); });
    throw 1;
  });
  EXPECT_THROW(f.Run(), int);
  waiter.join();
  good = true;
}

}  // namespace
