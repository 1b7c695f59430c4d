// SPDX-License-Identifier: Apache-2.0

// finalize/testing.h: simulated ends, the fake clock, matchers, and the check
// for what tests leave behind.
#include "finalize/testing.h"

#include <signal.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "finalize/lifetime.h"
#include "finalize/registry.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/captured_failures.h"
#include "tests/support/child_process.h"
#include "tests/support/event_log.h"
#include "tests/support/latch.h"

namespace {

using finalize::Cause;
using finalize::DrainOptions;
using finalize::ExitOptions;
using finalize::Options;
using finalize::Registry;
using finalize::Report;
using finalize::ReportEntry;
using finalize::testing::Failed;
using finalize::testing::FakeClock;
using finalize::testing::HasEntry;
using finalize::testing::IsClean;
using finalize::testing::Left;
using finalize::testing::Ran;
using finalize::testing::SimulateEnd;
using finalize::testing::SimulateExit;
using finalize::testing::StillRunning;
using finalize_test::CapturedFailures;
using finalize_test::EventLog;
using finalize_test::Latch;
using testing::AllOf;
using testing::Ge;
using testing::HasSubstr;
using testing::Not;

// Each cause reaches the callbacks, and those of process ends skip.
TEST(SimulateEndTest, CausesAreThoseOfTheEnds) {
  const std::vector<Cause> causes = {
      Cause::Kind::kExit,       Cause::Kind::kQuickExit,
      Cause::Kind::kTerminate,  Cause(Cause::Kind::kSignal, SIGTERM),
      Cause::Kind::kThreadExit, Cause::Kind::kModuleUnload};
  for (const Cause& cause : causes) {
    Registry registry;
    Cause seen = Cause::Kind::kCall;
    registry.Register([&](const Cause& c) { seen = c; });
    auto off = registry.Register(Options().set_at_exit(false), [] {});
    Report report = SimulateEnd(registry, cause);
    EXPECT_EQ(seen, cause);
    EXPECT_EQ(report.cause, cause);
    EXPECT_THAT(report, Ran(cause.IsProcessEnd() ? 1u : 2u))
        << cause.ToString();
    EXPECT_FALSE(off.alive());
  }
}

// C12: what a process end skips is destroyed unrun, and in the report.
TEST(SimulateEndTest, SkippedOnesAreDestroyed) {
  auto bound = std::make_shared<int>();
  bool ran = false;
  Registry registry;
  registry.Register(
      Options("skipped").set_at_exit(false),
      [&](const std::shared_ptr<int>&) { ran = true; }, bound);
  Report report = SimulateExit(registry);
  EXPECT_THAT(report, HasEntry("skipped", ReportEntry::Outcome::kSkipped));
  EXPECT_EQ(bound.use_count(), 1);
  EXPECT_FALSE(ran);
  EXPECT_EQ(registry.size(), 0u);
}

// C12: what waits for the end of a lifetime still runs then.
TEST(SimulateEndTest, LifetimesEndLater) {
  int runs = 0;
  Registry registry;
  {
    finalize::Lifetime lifetime;
    registry.OnDestroy(lifetime, Options().set_at_exit(false), [&] { ++runs; });
    SimulateExit(registry);
    EXPECT_EQ(runs, 0);
  }
  EXPECT_EQ(runs, 1);
}

// C15: the deadline of the options, on the fake clock; what it leaves is
// destroyed.
TEST(SimulateEndTest, DeadlinePassesOnAFakeClock) {
  FakeClock clock;
  EventLog log;
  Registry registry;
  auto left = registry.Register(Options("left"), log.Adds("left"));
  registry.Register(Options("overruns"),
                    [&] { clock.Advance(absl::Seconds(6)); });
  ExitOptions options;
  options.deadline = absl::Seconds(5);
  Report report = SimulateExit(registry, options);
  EXPECT_TRUE(report.deadline_exceeded);
  EXPECT_THAT(report, HasEntry("left", ReportEntry::Outcome::kUnreached));
  EXPECT_THAT(report, HasEntry("overruns", ReportEntry::Outcome::kRan));
  EXPECT_FALSE(left.alive());
  EXPECT_EQ(log.Text(), "");
}

// The default deadline is the one of a real exit: finite.
TEST(SimulateEndTest, DefaultsAreThoseOfExit) {
  FakeClock clock;
  clock.Advance(absl::Hours(3));  // one that has run for a while
  Registry registry;
  registry.Register([] {});
  EXPECT_THAT(SimulateExit(registry), IsClean());
  registry.Register([] {});
  registry.Register([&] { clock.Advance(absl::Seconds(20)); });
  EXPECT_THAT(SimulateExit(registry), AllOf(Ran(1u), Left(1u)));
}

// C15: threads and the limit of phases count, too.
TEST(SimulateEndTest, OptionsReachTheDrain) {
  FakeClock clock;
  Registry registry;
  const std::thread::id here = std::this_thread::get_id();
  bool elsewhere = false;
  registry.Register([&] { elsewhere = std::this_thread::get_id() != here; });
  registry.Register(Options().set_phase(1), [] {});
  registry.Register(Options().set_phase(1),
                    [&] { clock.Advance(absl::Seconds(2)); });
  ExitOptions options;
  options.threads = 1;
  EXPECT_THAT(SimulateExit(registry, options), Ran(3u));
  EXPECT_TRUE(elsewhere);
  registry.Register(Options("left").set_phase(1), [] {});
  registry.Register(Options().set_phase(1),
                    [&] { clock.Advance(absl::Seconds(2)); });
  options.threads = 0;
  options.phase_limit = absl::Seconds(1);
  EXPECT_THAT(SimulateExit(registry, options),
              HasEntry("left", ReportEntry::Outcome::kUnreached));
}

// C15, C16: a drain that waits for another thread notices that the clock has
// been put forward.
TEST(FakeClockTest, WakesADrainThatWaits) {
  FakeClock clock;
  Registry registry;
  Latch started, release;
  auto f = registry.Register(Options("elsewhere"), [&] {
    started.CountDown();
    release.Wait();
  });
  std::thread runner([&] { f.Run(); });
  started.Wait();
  DrainOptions options;
  options.deadline = clock.Now() + absl::Hours(1);
  std::thread other([&] { clock.Advance(absl::Hours(2)); });
  Report report = registry.Drain(options);
  EXPECT_THAT(report, AllOf(StillRunning(1u), Not(IsClean())));
  release.CountDown();
  runner.join();
  other.join();
}

// When it ends, the real clock counts again.
TEST(FakeClockTest, EndsWithItsScope) {
  {
    FakeClock clock;
    clock.Advance(absl::Hours(100));
    EXPECT_GT(clock.Now(), absl::Now() + absl::Hours(99));
  }
  Registry registry;
  registry.Register([] {});
  DrainOptions options;
  options.deadline = absl::Now() + absl::Hours(1);
  EXPECT_THAT(registry.Drain(options), IsClean());
}

// One at a time.
TEST(FakeClockDeathTest, SecondOneDies) {
  EXPECT_DEATH(
      {
        FakeClock one;
        FakeClock two;
      },
      "finalize: there is a FakeClock already");
}

// Matchers say what a report says.
TEST(MatcherTest, MatchTotalsAndEntries) {
  CapturedFailures failures;
  Registry registry;
  registry.Register([] {});
  registry.Register(Options("bad"), [] { return absl::AbortedError("x"); });
  Report report = registry.Drain();
  EXPECT_THAT(report, AllOf(Ran(1u), Failed(1u), Left(0u), StillRunning(0u)));
  EXPECT_THAT(report, Ran(Ge(1u)));
  EXPECT_THAT(report, Not(IsClean()));
  EXPECT_THAT(report, HasEntry("bad", ReportEntry::Outcome::kFailed));
  EXPECT_THAT(report, Not(HasEntry("bad", ReportEntry::Outcome::kRan)));
  EXPECT_THAT(report, Not(HasEntry("good", ReportEntry::Outcome::kFailed)));
  EXPECT_THAT(Report(), IsClean());
}

// C12, C26: one that was skipped is not clean: it is left.
TEST(MatcherTest, SkippedIsNotClean) {
  Registry registry;
  registry.Register(Options().set_at_exit(false), [] {});
  EXPECT_THAT(SimulateExit(registry), Not(IsClean()));
}

// C26: of a program with the check, those tests fail that leave something,
// naming it; no others.
TEST(FailTestsThatLeaveFinalizersTest, NamesWhatIsLeft) {
  using finalize_test::ChildResult;
  const ChildResult result = finalize_test::RunChild(
      {finalize_test::HelperPath("leaving_child"), "--gtest_color=no"});
  EXPECT_TRUE(result.Exited(1)) << result;
  EXPECT_THAT(
      result.out,
      AllOf(HasSubstr("[  FAILED  ] LeavingTest.Leaves\n"),
            HasSubstr("the test leaves a finalizer pending: #"),
            HasSubstr("leaving_child.cc:"), HasSubstr("\"left\""),
            HasSubstr("[  FAILED  ] LeavingTest.LeavesAWeakReference\n"),
            HasSubstr("[  PASSED  ] 5 tests.\n"),
            HasSubstr(" 2 FAILED TESTS\n"), Not(HasSubstr("\"known\"")),
            Not(HasSubstr("\"before\""))))
      << result;
}

}  // namespace
