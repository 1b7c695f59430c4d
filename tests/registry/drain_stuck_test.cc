// SPDX-License-Identifier: Apache-2.0

// Callbacks that outlive the deadline of a drain with helper threads (contract
// C15).
#include <atomic>
#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "finalize/failure_reporter.h"
#include "finalize/registry.h"
#include "finalize/testing.h"
#include "gtest/gtest.h"
#include "tests/support/captured_failures.h"
#include "tests/support/latch.h"

namespace {

using finalize::DrainOptions;
using finalize::Options;
using finalize::Registry;
using finalize::Report;
using finalize::ReportEntry;
using finalize::testing::FakeClock;
using finalize_test::CapturedFailures;
using finalize_test::Latch;

// A deadline that passes when whatever hangs says so.
DrainOptions OneThread(const FakeClock& clock) {
  DrainOptions options;
  options.threads = 1;
  options.deadline = clock.Now() + absl::Hours(1);
  return options;
}

const ReportEntry* EntryOf(const Report& report, const std::string& name) {
  for (const ReportEntry& entry : report.entries) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

// What a stuck callback needs outlives the test that leaves it behind.
struct Stuck {
  explicit Stuck(FakeClock* clock_in) : clock(clock_in) {}
  // Hangs until it is released, past the deadline of the drain.
  void Hang() {
    clock->Advance(absl::Hours(2));
    release.Wait();
  }
  FakeClock* const clock;  // dies with the test
  Latch release, ended;
};

// C15: the drain returns in time; the stuck one is left to its thread and
// named; what the same thread had done before counts.
TEST(DrainStuckTest, StuckCallbackIsLeftToItsThread) {
  FakeClock clock;
  auto stuck = std::make_shared<Stuck>(&clock);
  Registry registry;
  registry.Register(Options("unreached").set_phase(-1), [] {});
  auto f = registry.Register(Options("stuck"), [stuck] {
    stuck->Hang();
    stuck->ended.CountDown();
  });
  registry.Register(Options("done"), [] {});
  DrainOptions options = OneThread(clock);
  options.entries = DrainOptions::Entries::kAll;
  Report report = registry.Drain(options);
  EXPECT_TRUE(report.deadline_exceeded);
  EXPECT_EQ(report.ran, 1u);
  EXPECT_EQ(report.running, 1u);
  EXPECT_EQ(report.left, 1u);
  ASSERT_NE(EntryOf(report, "done"), nullptr);
  EXPECT_EQ(EntryOf(report, "done")->outcome, ReportEntry::Outcome::kRan);
  ASSERT_NE(EntryOf(report, "stuck"), nullptr);
  EXPECT_EQ(EntryOf(report, "stuck")->outcome, ReportEntry::Outcome::kRunning);
  ASSERT_NE(EntryOf(report, "unreached"), nullptr);
  EXPECT_EQ(EntryOf(report, "unreached")->outcome,
            ReportEntry::Outcome::kUnreached);
  EXPECT_FALSE(f.alive());
  EXPECT_FALSE(f.Wait(absl::Now()));  // it does run still
  stuck->release.CountDown();
  f.Wait();
  EXPECT_TRUE(stuck->ended.open());
}

// C15: the same by the real clock; long enough for a helper to start on a
// machine that is busy.
TEST(DrainStuckTest, RealDeadlineLeavesTheStuckCallback) {
  auto release = std::make_shared<Latch>();
  Registry registry;
  auto f = registry.Register(Options("stuck"), [release] { release->Wait(); });
  DrainOptions options;
  options.threads = 1;
  options.deadline = absl::Now() + absl::Seconds(2);
  Report report = registry.Drain(options);
  EXPECT_TRUE(report.deadline_exceeded);
  ASSERT_NE(EntryOf(report, "stuck"), nullptr);
  EXPECT_EQ(EntryOf(report, "stuck")->outcome, ReportEntry::Outcome::kRunning);
  // How long it runs already is known.
  EXPECT_GT(EntryOf(report, "stuck")->duration, absl::ZeroDuration());
  EXPECT_LE(EntryOf(report, "stuck")->duration, report.elapsed);
  release->CountDown();
  f.Wait();
}

// C15: the registry may die while the stuck callback runs on, and the callback
// may use registries of its own, whatever memory they get.
TEST(DrainStuckTest, StuckCallbackOutlivesItsRegistry) {
  FakeClock clock;
  auto stuck = std::make_shared<Stuck>(&clock);
  auto inner_runs = std::make_shared<std::atomic<int>>(0);
  auto registry = std::make_unique<Registry>();
  auto f = registry->Register([stuck, inner_runs] {
    stuck->Hang();
    for (int i = 0; i < 3; ++i) {
      Registry own;
      own.Register([inner_runs] { ++*inner_runs; });
    }
  });
  EXPECT_EQ(registry->Drain(OneThread(clock)).running, 1u);
  registry.reset();
  stuck->release.CountDown();
  f.Wait();
  EXPECT_EQ(inner_runs->load(), 3);
}

// C14, C15: a failure of a callback that was left behind still reaches the
// failure reporter.
TEST(DrainStuckTest, LateFailureIsReported) {
  CapturedFailures failures;
  FakeClock clock;
  auto stuck = std::make_shared<Stuck>(&clock);
  auto captured = finalize::SetFailureReporter({});
  finalize::SetFailureReporter([captured, stuck](const ReportEntry& entry) {
    captured(entry);
    stuck->ended.CountDown();
  });
  Registry registry;
  registry.Register(Options("late"), [stuck] {
    stuck->Hang();
    throw 1;
  });
  EXPECT_EQ(registry.Drain(OneThread(clock)).running, 1u);
  EXPECT_EQ(failures.size(), 0u);
  stuck->release.CountDown();
  stuck->ended.Wait();
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_EQ(failures.at(0).name, "late");
  EXPECT_EQ(failures.at(0).outcome, ReportEntry::Outcome::kFailed);
}

// C8, C15: a retryable one that was left behind is spent: its registry may be
// gone.
TEST(DrainStuckTest, LateFailureIsNotArmedAgain) {
  CapturedFailures failures;
  FakeClock clock;
  auto stuck = std::make_shared<Stuck>(&clock);
  auto registry = std::make_unique<Registry>();
  auto f = registry->RegisterRetryable(Options("late"), [stuck] {
    stuck->Hang();
    throw 1;
  });
  EXPECT_EQ(registry->Drain(OneThread(clock)).running, 1u);
  registry.reset();
  stuck->release.CountDown();
  f.Wait();
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_EQ(failures.at(0).outcome, ReportEntry::Outcome::kFailed);
  EXPECT_FALSE(f.alive());
}

// C15: neither a destructor of the user's nor the failure reporter holds the
// deadline up.
TEST(DrainStuckTest, StuckDestructorIsLeftToItsThread) {
  FakeClock clock;
  auto stuck = std::make_shared<Stuck>(&clock);
  struct Waits {
    ~Waits() { stuck->Hang(); }
    std::shared_ptr<Stuck> stuck;
  };
  Registry registry;
  auto f = registry.Register(
      Options("slow to die"), [](const std::unique_ptr<Waits>&) {},
      std::unique_ptr<Waits>(new Waits{stuck}));
  Report report = registry.Drain(OneThread(clock));
  EXPECT_EQ(report.running, 1u);
  stuck->release.CountDown();
  f.Wait();
}

TEST(DrainStuckTest, StuckReporterIsLeftToItsThread) {
  FakeClock clock;
  auto stuck = std::make_shared<Stuck>(&clock);
  finalize::SetFailureReporter([stuck](const ReportEntry&) {
    stuck->Hang();
    stuck->ended.CountDown();
  });
  Registry registry;
  registry.Register(Options("failed"), [] { throw 1; });
  Report report = registry.Drain(OneThread(clock));
  EXPECT_EQ(report.running, 1u);  // the reporter is a part of its run
  EXPECT_EQ(report.failed, 0u);
  stuck->release.CountDown();
  stuck->ended.Wait();
  finalize::SetFailureReporter({});
}

}  // namespace
