// SPDX-License-Identifier: Apache-2.0

// Phases: their names, and their limits in a drain (contract C9, C10, C15).
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "finalize/options.h"
#include "finalize/registry.h"
#include "finalize/testing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/event_log.h"
#include "tests/support/latch.h"

namespace {

using finalize::Cause;
using finalize::DrainOptions;
using finalize::Options;
using finalize::Registry;
using finalize::Report;
using finalize::ReportEntry;
using finalize::testing::FakeClock;
using finalize::testing::HasEntry;
using finalize_test::EventLog;
using finalize_test::Latch;
using testing::AnyOf;

DrainOptions TenSecondsEach() {
  DrainOptions options;
  options.phase_limit = absl::Seconds(10);
  return options;
}

// C9: what their names say, whatever is registered first.
TEST(PhaseTest, NamedPhasesComeInTheirOrder) {
  EventLog log;
  Registry registry;
  registry.Register(Options().set_phase(finalize::kFinishWorkPhase),
                    log.Adds("finish"));
  registry.Register(log.Adds("default"));
  registry.Register(Options().set_phase(finalize::kReleasePhase),
                    log.Adds("release"));
  registry.Register(Options().set_phase(finalize::kStopAcceptingPhase),
                    log.Adds("stop"));
  registry.Register(Options().set_phase(finalize::kFinishWorkPhase + 1),
                    log.Adds("between"));
  registry.Drain();
  EXPECT_EQ(log.Text(), "stop between finish default release");
}

// C15: what a late phase has not begun is passed by; the next phase begins. The
// one that took the time has run, or is still running if the drain looks at the
// clock before it has returned.
TEST(PhaseLimitTest, LatePhaseIsPassedBy) {
  EventLog log;
  FakeClock clock;
  Registry registry;
  registry.Register(Options("unreached").set_phase(1), log.Adds("unreached"));
  registry.Register(Options("overruns").set_phase(1),
                    [&] { clock.Advance(absl::Seconds(10)); });
  registry.Register(Options("lower"), log.Adds("lower"));
  registry.Register(Options("higher").set_phase(2), log.Adds("higher"));
  Report report = registry.Drain(TenSecondsEach());
  EXPECT_EQ(log.Text(), "higher lower");
  EXPECT_EQ(report.ran + report.running, 3u);
  EXPECT_EQ(report.left, 1u);
  EXPECT_TRUE(report.deadline_exceeded);
  EXPECT_EQ(report.status().code(), absl::StatusCode::kDeadlineExceeded);
  // The one that took the time is named, and what it took it from.
  EXPECT_THAT(report,
              AnyOf(HasEntry("overruns", ReportEntry::Outcome::kRan),
                    HasEntry("overruns", ReportEntry::Outcome::kRunning)));
  EXPECT_THAT(report, HasEntry("unreached", ReportEntry::Outcome::kUnreached));
  EXPECT_EQ(report.entries.size(), 2u);
  EXPECT_EQ(registry.Drain().ran, 1u);  // it has kept its place
}

// C15: each phase has its own time.
TEST(PhaseLimitTest, EachPhaseHasTheWholeLimit) {
  FakeClock clock;
  Registry registry;
  for (int phase = 0; phase < 5; ++phase) {
    registry.Register(Options().set_phase(phase),
                      [&] { clock.Advance(absl::Seconds(9)); });
  }
  Report report = registry.Drain(TenSecondsEach());
  EXPECT_EQ(report.ran, 5u);
  EXPECT_FALSE(report.deadline_exceeded);
  EXPECT_GE(report.elapsed, absl::Seconds(45));
}

// C15: the deadline of the drain holds beside it.
TEST(PhaseLimitTest, DeadlineOfTheDrainComesFirst) {
  EventLog log;
  FakeClock clock;
  Registry registry;
  registry.Register(log.Adds("lower"));
  registry.Register(Options().set_phase(1), log.Adds("same"));
  registry.Register(Options().set_phase(1),
                    [&] { clock.Advance(absl::Seconds(5)); });
  DrainOptions options = TenSecondsEach();
  options.deadline = clock.Now() + absl::Seconds(4);
  Report report = registry.Drain(options);
  EXPECT_EQ(log.Text(), "");
  EXPECT_EQ(report.left, 2u);
  EXPECT_TRUE(report.deadline_exceeded);
}

// C10, C15: what a callback of a lower phase registers for a late one runs;
// what that was late with stays left.
TEST(PhaseLimitTest, LatePhaseIsOpenToLowerOnes) {
  EventLog log;
  FakeClock clock;
  Registry registry;
  registry.Register(Options().set_phase(1), log.Adds("unreached"));
  registry.Register(Options().set_phase(1),
                    [&] { clock.Advance(absl::Seconds(10)); });
  registry.Register([&] {
    registry.Register(Options().set_phase(1), log.Adds("late"));
    registry.Register(Options().set_phase(2), log.Adds("higher"));
    registry.Register(log.Adds("same"));
  });
  Report report = registry.Drain(TenSecondsEach());
  EXPECT_EQ(log.Text(), "higher late same");
  EXPECT_EQ(report.left, 1u);
}

// C15: a drain without a limit looks at no clock: nothing overruns.
TEST(PhaseLimitTest, NoLimitUnlessAsked) {
  FakeClock clock;
  Registry registry;
  for (int i = 0; i < 3; ++i) {
    registry.Register([&] { clock.Advance(absl::Hours(1000)); });
  }
  Report report = registry.Drain();
  EXPECT_EQ(report.ran, 3u);
  EXPECT_FALSE(report.deadline_exceeded);
  EXPECT_TRUE(report.entries.empty());
}

// C15: with helper threads a stuck callback is left to its thread, and the
// next phase begins.
TEST(PhaseLimitTest, StuckCallbackDoesNotHoldUpTheNextPhase) {
  auto release = std::make_shared<Latch>();
  EventLog log;
  FakeClock clock;
  Registry registry;
  registry.Register(Options("unreached").set_phase(1), log.Adds("unreached"));
  auto stuck =
      registry.Register(Options("stuck").set_phase(1), [&clock, release] {
        clock.Advance(absl::Seconds(10));
        release->Wait();
      });
  registry.Register(Options("lower"), log.Adds("lower"));
  DrainOptions options = TenSecondsEach();
  options.threads = 1;
  Report report = registry.Drain(options);
  EXPECT_EQ(log.Text(), "lower");
  EXPECT_EQ(report.ran, 1u);
  EXPECT_EQ(report.running, 1u);
  EXPECT_EQ(report.left, 1u);
  EXPECT_TRUE(report.deadline_exceeded);
  EXPECT_THAT(report, HasEntry("stuck", ReportEntry::Outcome::kRunning));
  EXPECT_THAT(report, HasEntry("unreached", ReportEntry::Outcome::kUnreached));
  release->CountDown();
  stuck.Wait();
}

// C12, C15: the limit of a phase bounds the child that drains in it. If the
// parent looks at the clock before the child does, the child is still running.
TEST(PhaseLimitTest, LimitReachesTheChild) {
  EventLog log;
  FakeClock clock;
  Registry parent;
  Registry child(parent, Options("child").set_phase(1));
  parent.Register(log.Adds("parent"));
  child.Register(Options("in child"), log.Adds("child"));
  child.Register(Options().set_phase(3),
                 [&] { clock.Advance(absl::Seconds(6)); });
  parent.Register(Options().set_phase(1),
                  [&] { clock.Advance(absl::Seconds(6)); });
  Report report = parent.Drain(TenSecondsEach());
  EXPECT_EQ(log.Text(), "parent");
  EXPECT_TRUE(report.deadline_exceeded);
  EXPECT_THAT(report,
              AnyOf(HasEntry("in child", ReportEntry::Outcome::kUnreached),
                    HasEntry("child", ReportEntry::Outcome::kRunning)));
}

// C8, C15: a failed one that may be tried again is tried once, though its phase
// was late. It is still running if the drain looks before it has returned.
TEST(PhaseLimitTest, RetryableOfALatePhaseIsTriedOnce) {
  FakeClock clock;
  std::atomic<int> attempts{0};
  Registry registry;
  auto again = registry.RegisterRetryable(Options("again").set_phase(1), [&] {
    ++attempts;
    clock.Advance(absl::Seconds(10));
    return absl::AbortedError("no");
  });
  registry.Register([] {});
  Report report = registry.Drain(TenSecondsEach());
  EXPECT_EQ(attempts, 1);
  EXPECT_EQ(report.ran, 1u);
  EXPECT_EQ(report.left + report.running, 1u);
  EXPECT_THAT(report,
              AnyOf(HasEntry("again", ReportEntry::Outcome::kPendingAgain),
                    HasEntry("again", ReportEntry::Outcome::kRunning)));
  again.Detach();
}

}  // namespace
