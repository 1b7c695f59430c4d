// SPDX-License-Identifier: Apache-2.0

// Drains with a deadline (contract C15, C16).
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "finalize/registry.h"
#include "finalize/testing.h"
#include "gtest/gtest.h"
#include "tests/support/latch.h"

namespace {

using finalize::DrainOptions;
using finalize::Options;
using finalize::Registry;
using finalize::Report;
using finalize::ReportEntry;
using finalize_test::Latch;

using finalize::testing::FakeClock;

const ReportEntry* EntryOf(const Report& report, const std::string& name) {
  for (const ReportEntry& entry : report.entries) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

// C15: a deadline that has passed lets nothing start; all of it is named.
TEST(DrainDeadlineTest, PassedDeadlineLeavesEverything) {
  Registry registry;
  auto a = registry.Register(Options("a"), [] {});
  auto b = registry.Register(Options("b").set_phase(3), [] {});
  DrainOptions options;
  options.deadline = absl::InfinitePast();
  Report report = registry.Drain(options);
  EXPECT_EQ(report.ran, 0u);
  EXPECT_EQ(report.left, 2u);
  EXPECT_TRUE(report.deadline_exceeded);
  EXPECT_EQ(report.status().code(), absl::StatusCode::kDeadlineExceeded);
  ASSERT_NE(EntryOf(report, "a"), nullptr);
  ASSERT_NE(EntryOf(report, "b"), nullptr);
  EXPECT_EQ(EntryOf(report, "a")->outcome, ReportEntry::Outcome::kUnreached);
  EXPECT_TRUE(a.alive());
  EXPECT_TRUE(b.alive());
  EXPECT_EQ(registry.Drain().ran, 2u);  // another drain gets them
}

// C15: without helper threads the deadline is checked between callbacks. The
// one that overran it is let end, and named.
TEST(DrainDeadlineTest, DeadlineIsCheckedBetweenCallbacks) {
  FakeClock clock;
  Registry registry;
  DrainOptions options;
  options.deadline = clock.Now() + absl::Seconds(1);
  registry.Register(Options("older"), [] {});
  registry.Register(Options("overruns"),
                    [&] { clock.Advance(absl::Seconds(1)); });
  registry.Register(Options("newest"), [] {});
  Report report = registry.Drain(options);
  EXPECT_EQ(report.ran, 2u);
  EXPECT_EQ(report.left, 1u);
  EXPECT_TRUE(report.deadline_exceeded);
  ASSERT_EQ(report.entries.size(), 2u);
  EXPECT_EQ(report.entries[0].name, "overruns");
  EXPECT_EQ(report.entries[0].outcome, ReportEntry::Outcome::kRan);
  EXPECT_GE(report.entries[0].duration, absl::Seconds(1));
  EXPECT_EQ(report.entries[0].status,
            absl::DeadlineExceededError("ran past the deadline"));
  EXPECT_EQ(report.entries[1].name, "older");
  EXPECT_EQ(report.entries[1].outcome, ReportEntry::Outcome::kUnreached);
}

// C15: so it is with a callback whose destruction takes long.
TEST(DrainDeadlineTest, CountsTheDestructionOfCallbacks) {
  FakeClock clock;
  Registry registry;
  DrainOptions options;
  options.deadline = clock.Now() + absl::Seconds(1);
  registry.Register(Options("older"), [] {});
  std::shared_ptr<void> slow(nullptr,
                             [&](void*) { clock.Advance(absl::Seconds(1)); });
  registry.Register(Options("slow"), [held = std::move(slow)] {});
  const Report report = registry.Drain(options);
  EXPECT_EQ(report.ran, 1u);
  EXPECT_EQ(report.left, 1u);
  EXPECT_TRUE(report.deadline_exceeded);
}

// C15: the same by the real clock.
TEST(DrainDeadlineTest, RealDeadlineIsCheckedBetweenCallbacks) {
  Registry registry;
  DrainOptions options;
  options.deadline = absl::Now() + absl::Milliseconds(20);
  registry.Register(Options("older"), [] {});
  registry.Register(Options("overruns"), [&] {
    while (absl::Now() <= options.deadline) std::this_thread::yield();
  });
  Report report = registry.Drain(options);
  EXPECT_LE(report.ran, 1u);  // 0 where the drain began late
  EXPECT_EQ(report.ran + report.left, 2u);
  EXPECT_TRUE(report.deadline_exceeded);
}

// C15: a drain that ends in time has not exceeded its deadline.
TEST(DrainDeadlineTest, DrainInTimeIsNoFailure) {
  Registry registry;
  registry.Register([] {});
  DrainOptions options;
  options.deadline = absl::Now() + absl::Hours(1);
  Report report = registry.Drain(options);
  EXPECT_FALSE(report.deadline_exceeded);
  EXPECT_TRUE(report.status().ok());
}

// C15, C16: an outermost drain stops waiting for other threads at its deadline,
// and names what they run.
TEST(DrainDeadlineTest, DeadlineEndsTheWaitForRunningCallbacks) {
  Registry registry;
  Latch started, release;
  auto f = registry.Register(Options("stuck").set_phase(2), [&] {
    started.CountDown();
    release.Wait();
  });
  std::thread runner([&] { f.Run(); });
  started.Wait();
  DrainOptions options;
  options.deadline = absl::Now() + absl::Milliseconds(20);
  Report report = registry.Drain(options);
  EXPECT_EQ(report.running, 1u);
  EXPECT_TRUE(report.deadline_exceeded);
  ASSERT_EQ(report.entries.size(), 1u);
  EXPECT_EQ(report.entries[0].name, "stuck");
  EXPECT_EQ(report.entries[0].phase, 2);
  EXPECT_EQ(report.entries[0].outcome, ReportEntry::Outcome::kRunning);
  release.CountDown();
  runner.join();
}

}  // namespace
