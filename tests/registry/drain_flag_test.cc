// SPDX-License-Identifier: Apache-2.0

// What callbacks do to other finalizers during a drain (contract C8, C11, C12,
// C13).
#include <memory>
#include <string>

#include "finalize/lifetime.h"
#include "finalize/registry.h"
#include "gtest/gtest.h"
#include "tests/support/captured_failures.h"
#include "tests/support/event_log.h"

namespace {

using finalize::Cause;
using finalize::DrainOptions;
using finalize::Finalizer;
using finalize::Options;
using finalize::Registry;
using finalize::Report;
using finalize::ReportEntry;
using finalize_test::CapturedFailures;
using finalize_test::EventLog;

DrainOptions AtProcessEnd() {
  DrainOptions options;
  options.cause = Cause::Kind::kExit;
  return options;
}

// C11: a callback runs another one early; it is not run again.
TEST(DrainFlagTest, CallbackRunsAnotherEarly) {
  EventLog log;
  Registry registry;
  auto oldest = registry.Register(log.Adds("oldest"));
  registry.Register(log.Adds("middle"));
  registry.Register([&] { EXPECT_TRUE(oldest.Run()); });
  Report report = registry.Drain();
  EXPECT_EQ(log.Text(), "oldest middle");
  EXPECT_EQ(report.ran, 2u);
}

// C11: a callback detaches another one.
TEST(DrainFlagTest, CallbackDetachesAnother) {
  EventLog log;
  Registry registry;
  registry.Register(log.Adds("oldest"));
  auto middle = registry.Register(log.Adds("middle"));
  registry.Register([&] { middle.Detach(); });
  registry.Drain();
  EXPECT_EQ(log.Text(), "oldest");
}

// C11: set_at_exit(false) during a drain at process end is honored.
TEST(DrainFlagTest, FlagTakenDuringTheDrainIsHonored) {
  EventLog log;
  Registry registry;
  registry.Register(log.Adds("oldest"));
  auto middle = registry.Register(log.Adds("middle"));
  registry.Register([&] { middle.set_at_exit(false); });
  Report report = registry.Drain(AtProcessEnd());
  EXPECT_EQ(log.Text(), "oldest");
  EXPECT_EQ(report.left, 1u);
  EXPECT_TRUE(middle.alive());
}

// C11: set_at_exit(true), also on one that the drain has passed already.
TEST(DrainFlagTest, FlagGivenDuringTheDrainIsHonored) {
  EventLog log;
  Registry registry;
  const auto off = Options().set_at_exit(false);
  auto older = registry.Register(off, log.Adds("older"));
  registry.Register([&] {
    log.Add("callback");
    older.set_at_exit(true);
  });
  Finalizer<> newer = registry.Register(off, log.Adds("newer"));
  Finalizer<> higher = registry.Register(
      Options().set_phase(1).set_at_exit(false), log.Adds("higher"));
  registry.Register([&] {
    newer.set_at_exit(true);
    higher.set_at_exit(true);
  });
  Report report = registry.Drain(AtProcessEnd());
  EXPECT_EQ(log.Text(), "higher newer callback older");
  EXPECT_EQ(report.left, 0u);
}

// C11: both ways, back and forth.
TEST(DrainFlagTest, LastFlagCounts) {
  EventLog log;
  Registry registry;
  auto a = registry.Register(log.Adds("a"));
  auto b = registry.Register(Options().set_at_exit(false), log.Adds("b"));
  registry.Register([&] {
    a.set_at_exit(false);
    b.set_at_exit(true);
    a.set_at_exit(true);
    b.set_at_exit(false);
  });
  registry.Drain(AtProcessEnd());
  EXPECT_EQ(log.Text(), "a");
  EXPECT_TRUE(b.alive());
}

// C11: what the drain skips it finds in place afterwards.
TEST(DrainFlagTest, SkippedOnesKeepTheirPlaces) {
  EventLog log;
  Registry registry;
  for (int i = 0; i < 6; ++i) {
    registry.Register(Options().set_phase(i % 2).set_at_exit(i < 2),
                      log.Adds(std::to_string(i)));
  }
  registry.Register(Options().set_at_exit(false), log.Adds("6"));
  EXPECT_EQ(registry.Drain(AtProcessEnd()).ran, 2u);
  EXPECT_EQ(log.Text(), "1 0");
  registry.Register(log.Adds("7"));
  registry.Drain();
  EXPECT_EQ(log.Text(), "1 0 5 3 7 6 4 2");
}

// C12: every process-end cause skips; no other does.
TEST(DrainFlagTest, ProcessEndCausesSkip) {
  for (int kind = 0; kind <= static_cast<int>(Cause::Kind::kClosed); ++kind) {
    const Cause cause(static_cast<Cause::Kind>(kind));
    Registry registry;
    registry.Register(Options().set_at_exit(false), [] {});
    DrainOptions options;
    options.cause = cause;
    Report report = registry.Drain(options);
    EXPECT_EQ(report.ran, cause.IsProcessEnd() ? 0u : 1u) << cause.ToString();
    EXPECT_EQ(report.left, cause.IsProcessEnd() ? 1u : 0u) << cause.ToString();
  }
}

// C13, C16: a callback ends a lifetime in the same registry: its finalizers
// run at once.
TEST(DrainFlagTest, CallbackEndsALifetime) {
  EventLog log;
  Registry registry;
  auto lifetime = std::make_unique<finalize::Lifetime>();
  registry.OnDestroy(*lifetime, Options().set_at_exit(false),
                     log.Adds("lifetime"));
  registry.Register(log.Adds("older"));
  registry.Register([&] { lifetime.reset(); });
  registry.Drain(AtProcessEnd());
  EXPECT_EQ(log.Text(), "lifetime older");
}

// C8, C11: set_at_exit(true) lets a drain see again what it skipped, but not
// what it has tried.
TEST(DrainFlagTest, FlagOfATriedOneDoesNotRepeatIt) {
  CapturedFailures failures;
  int attempts = 0;
  Registry registry;
  Finalizer<void> f;
  registry.Register([&] {
    f.set_at_exit(false);
    f.set_at_exit(true);
  });
  f = registry.RegisterRetryable(Options("flaky"), [&] {
    ++attempts;
    throw 1;
  });
  Report report = registry.Drain(AtProcessEnd());
  EXPECT_EQ(attempts, 1);
  EXPECT_EQ(report.failed, 1u);
  EXPECT_EQ(report.left, 1u);
  ASSERT_EQ(report.entries.size(), 1u);  // its failure, once
  EXPECT_EQ(report.entries[0].outcome, ReportEntry::Outcome::kPendingAgain);
  EXPECT_EQ(registry.Drain().failed, 1u);  // another drain tries it again
  EXPECT_EQ(attempts, 2);
  f.Detach();
}

// C8, C11: the same of one that another callback has tried, by Run().
TEST(DrainFlagTest, FlagOfOneThatFailedElsewhereDoesNotRepeatIt) {
  CapturedFailures failures;
  int attempts = 0;
  Registry registry;
  auto f = registry.RegisterRetryable(Options().set_at_exit(false), [&] {
    ++attempts;
    throw 1;
  });
  registry.Register([&] {
    EXPECT_THROW(f.Run(), int);
    f.set_at_exit(true);
  });
  EXPECT_EQ(registry.Drain(AtProcessEnd()).left, 1u);
  EXPECT_EQ(attempts, 1);
  f.Detach();
}

// C11: a retryable one that was skipped, and not tried, is honored.
TEST(DrainFlagTest, FlagOfASkippedRetryableIsHonored) {
  int attempts = 0;
  Registry registry;
  Finalizer<void> f;
  registry.Register([&] { f.set_at_exit(true); });
  f = registry.RegisterRetryable(Options().set_at_exit(false),
                                 [&] { ++attempts; });
  Report report = registry.Drain(AtProcessEnd());
  EXPECT_EQ(attempts, 1);
  EXPECT_EQ(report.left, 0u);
}

// C8: one that has been tried is pending for everybody else: it can be peeked
// at, run and detached while the drain goes on.
TEST(DrainFlagTest, TriedOneIsPending) {
  CapturedFailures failures;
  bool good = false;
  Registry registry;
  Finalizer<int> f, g;
  registry.Register([&] {
    EXPECT_TRUE(f.alive());
    EXPECT_TRUE(f.Peek());
    EXPECT_EQ(registry.size(), 2u);
    good = true;
    EXPECT_EQ(f.Run(), 7);
    EXPECT_TRUE(g.Detach());
    EXPECT_EQ(registry.size(), 0u);
  });
  const auto flaky = [&] { return good ? 7 : throw 1; };
  f = registry.RegisterRetryable({}, flaky);
  g = registry.RegisterRetryable({}, flaky);
  EXPECT_EQ(registry.Drain().left, 0u);
}

}  // namespace
