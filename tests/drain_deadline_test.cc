// Drains with a deadline and with helper threads (contract C15).
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "finalize/failure_reporter.h"
#include "finalize/registry.h"
#include "gtest/gtest.h"
#include "tests/captured_failures.h"
#include "tests/event_log.h"
#include "tests/latch.h"

namespace {

using finalize::DrainOptions;
using finalize::Options;
using finalize::Registry;
using finalize::Report;
using finalize::ReportEntry;

DrainOptions WithThreads(int threads) {
  DrainOptions options;
  options.threads = threads;
  return options;
}

// A deadline that passes while something hangs; long enough for a helper to
// start on a machine that is busy.
DrainOptions WithThreadsAndDeadline(int threads) {
  DrainOptions options = WithThreads(threads);
  options.deadline = absl::Now() + absl::Seconds(2);
  return options;
}

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
  auto b = registry.Register(Options("b").Phase(3), [] {});
  DrainOptions options;
  options.deadline = absl::InfinitePast();
  Report report = registry.Drain(options);
  EXPECT_EQ(report.ran, 0u);
  EXPECT_EQ(report.left, 2u);
  EXPECT_TRUE(report.deadline_exceeded);
  EXPECT_EQ(report.status().code(), absl::StatusCode::kDeadlineExceeded);
  ASSERT_NE(EntryOf(report, "a"), nullptr);
  ASSERT_NE(EntryOf(report, "b"), nullptr);
  EXPECT_EQ(EntryOf(report, "a")->outcome, ReportEntry::kLeft);
  EXPECT_TRUE(a.alive());
  EXPECT_TRUE(b.alive());
  EXPECT_EQ(registry.Drain().ran, 2u);  // another drain gets them
}

// C15: without helper threads the deadline is checked between callbacks.
TEST(DrainDeadlineTest, DeadlineIsCheckedBetweenCallbacks) {
  Registry registry;
  DrainOptions options;
  options.deadline = absl::Now() + absl::Seconds(1);
  registry.Register(Options("older"), [] {});
  registry.Register(Options("overruns"), [&] {
    while (absl::Now() <= options.deadline) std::this_thread::yield();
  });
  Report report = registry.Drain(options);
  EXPECT_EQ(report.ran, 1u);  // it was let end
  EXPECT_EQ(report.left, 1u);
  EXPECT_TRUE(report.deadline_exceeded);
  ASSERT_EQ(report.entries.size(), 1u);
  EXPECT_EQ(report.entries[0].name, "older");
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
  auto f = registry.Register(Options("stuck").Phase(2), [&] {
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
  EXPECT_EQ(report.entries[0].outcome, ReportEntry::kRunning);
  release.CountDown();
  runner.join();
}

// C15: helper threads run a phase in parallel.
TEST(DrainDeadlineTest, HelperThreadsRunInParallel) {
  Registry registry;
  Latch all(4);
  for (int i = 0; i < 4; ++i) {
    registry.Register([&] { all.Arrive(); });  // each needs the others
  }
  EXPECT_EQ(registry.Drain(WithThreads(4)).ran, 4u);
}

// C15: never on more threads than allowed, and not on the caller's.
TEST(DrainDeadlineTest, ThreadLimitHolds) {
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
TEST(DrainDeadlineTest, PhasesAreSeparatedByABarrier) {
  Registry registry;
  std::atomic<int> high{0}, low_too_early{0};
  constexpr int kEach = 50;
  for (int i = 0; i < kEach; ++i) {
    registry.Register(Options().Phase(0), [&] {
      if (high.load() != kEach) ++low_too_early;
    });
    registry.Register(Options().Phase(1), [&] {
      std::this_thread::yield();
      ++high;
    });
  }
  EXPECT_EQ(registry.Drain(WithThreads(4)).ran, 2u * kEach);
  EXPECT_EQ(low_too_early.load(), 0);
}

// C10, C15: what a callback registers on a helper thread runs in that drain.
TEST(DrainDeadlineTest, CallbacksOnHelperThreadsMayRegister) {
  EventLog log;
  Registry registry;
  registry.Register(Options().Phase(1), [&] {
    registry.Register(Options().Phase(1), log.Adds("same"));
    registry.Register(Options().Phase(-1), log.Adds("lower"));
  });
  EXPECT_EQ(registry.Drain(WithThreads(2)).ran, 3u);
  EXPECT_EQ(log.Text(), "same lower");
}

// C14, C15: failures on helper threads are in the report.
TEST(DrainDeadlineTest, FailuresOnHelperThreadsAreReported) {
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
TEST(DrainDeadlineTest, RetryableIsTriedOnceOnHelperThreads) {
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
  EXPECT_EQ(report.entries[0].outcome, ReportEntry::kRearmed);
  EXPECT_TRUE(f.alive());
  f.Detach();
}

// What a stuck callback needs outlives the test that leaves it behind.
struct Stuck {
  Latch started, release, ended;
};

// C15: the drain returns in time; the stuck one is left to its thread and
// named; what the same thread had done before counts.
TEST(DrainDeadlineTest, StuckCallbackIsLeftToItsThread) {
  auto stuck = std::make_shared<Stuck>();
  Registry registry;
  registry.Register(Options("unreached").Phase(-1), [] {});
  auto f = registry.Register(Options("stuck"), [stuck] {
    stuck->started.CountDown();
    stuck->release.Wait();
    stuck->ended.CountDown();
  });
  registry.Register(Options("done"), [] {});
  DrainOptions options = WithThreadsAndDeadline(1);
  options.entries = DrainOptions::kAll;
  Report report = registry.Drain(options);
  EXPECT_TRUE(report.deadline_exceeded);
  EXPECT_EQ(report.ran, 1u);
  EXPECT_EQ(report.running, 1u);
  EXPECT_EQ(report.left, 1u);
  ASSERT_NE(EntryOf(report, "done"), nullptr);
  EXPECT_EQ(EntryOf(report, "done")->outcome, ReportEntry::kRan);
  ASSERT_NE(EntryOf(report, "stuck"), nullptr);
  EXPECT_EQ(EntryOf(report, "stuck")->outcome, ReportEntry::kRunning);
  ASSERT_NE(EntryOf(report, "unreached"), nullptr);
  EXPECT_EQ(EntryOf(report, "unreached")->outcome, ReportEntry::kLeft);
  EXPECT_FALSE(f.alive());
  EXPECT_FALSE(f.Wait(absl::Now()));  // it does run still
  stuck->release.CountDown();
  f.Wait();
  EXPECT_TRUE(stuck->ended.open());
}

// C15: the registry may die while the stuck callback runs on, and the callback
// may use registries of its own, whatever memory they get.
TEST(DrainDeadlineTest, StuckCallbackOutlivesItsRegistry) {
  auto stuck = std::make_shared<Stuck>();
  auto inner_runs = std::make_shared<std::atomic<int>>(0);
  auto registry = std::make_unique<Registry>();
  auto f = registry->Register([stuck, inner_runs] {
    stuck->started.CountDown();
    stuck->release.Wait();
    for (int i = 0; i < 3; ++i) {
      Registry own;
      own.Register([inner_runs] { ++*inner_runs; });
    }
  });
  EXPECT_EQ(registry->Drain(WithThreadsAndDeadline(1)).running, 1u);
  registry.reset();
  stuck->release.CountDown();
  f.Wait();
  EXPECT_EQ(inner_runs->load(), 3);
}

// C14, C15: a failure of a callback that was left behind still reaches the
// failure reporter.
TEST(DrainDeadlineTest, LateFailureIsReported) {
  CapturedFailures failures;
  auto stuck = std::make_shared<Stuck>();
  auto captured = finalize::SetFailureReporter({});
  finalize::SetFailureReporter([captured, stuck](const ReportEntry& entry) {
    captured(entry);
    stuck->ended.CountDown();
  });
  Registry registry;
  registry.Register(Options("late"), [stuck] {
    stuck->release.Wait();
    throw 1;
  });
  EXPECT_EQ(registry.Drain(WithThreadsAndDeadline(1)).running, 1u);
  EXPECT_EQ(failures.size(), 0u);
  stuck->release.CountDown();
  stuck->ended.Wait();
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_EQ(failures.at(0).name, "late");
  EXPECT_EQ(failures.at(0).outcome, ReportEntry::kFailed);
}

// C8, C15: a retryable one that was left behind is spent: its registry may be
// gone.
TEST(DrainDeadlineTest, LateFailureIsNotArmedAgain) {
  CapturedFailures failures;
  auto stuck = std::make_shared<Stuck>();
  auto registry = std::make_unique<Registry>();
  auto f = registry->RegisterRetryable(Options("late"), [stuck] {
    stuck->release.Wait();
    throw 1;
  });
  EXPECT_EQ(registry->Drain(WithThreadsAndDeadline(1)).running, 1u);
  registry.reset();
  stuck->release.CountDown();
  f.Wait();
  EXPECT_FALSE(f.alive());
}

// C15: neither a destructor of the user's nor the failure reporter holds the
// deadline up.
TEST(DrainDeadlineTest, StuckDestructorIsLeftToItsThread) {
  auto stuck = std::make_shared<Stuck>();
  struct Waits {
    ~Waits() { stuck->release.Wait(); }
    std::shared_ptr<Stuck> stuck;
  };
  Registry registry;
  auto f = registry.Register(
      Options("slow to die"), [](const std::unique_ptr<Waits>&) {},
      std::unique_ptr<Waits>(new Waits{stuck}));
  Report report = registry.Drain(WithThreadsAndDeadline(1));
  EXPECT_EQ(report.running, 1u);
  stuck->release.CountDown();
  f.Wait();
}
TEST(DrainDeadlineTest, StuckReporterIsLeftToItsThread) {
  auto stuck = std::make_shared<Stuck>();
  finalize::SetFailureReporter([stuck](const ReportEntry&) {
    stuck->release.Wait();
    stuck->ended.CountDown();
  });
  Registry registry;
  registry.Register(Options("failed"), [] { throw 1; });
  Report report = registry.Drain(WithThreadsAndDeadline(1));
  EXPECT_EQ(report.failed, 1u);  // it is over, but for its reporter
  EXPECT_EQ(report.running, 0u);
  stuck->release.CountDown();
  stuck->ended.Wait();
  finalize::SetFailureReporter({});
}

// C15: nothing pending: no thread is needed, and the report is empty.
TEST(DrainDeadlineTest, NothingToDoInParallel) {
  Registry registry;
  Report report = registry.Drain(WithThreads(4));
  EXPECT_EQ(report.ran + report.left + report.running, 0u);
}

// C16: nested, parallel and across each other: nothing deadlocks.
TEST(DrainDeadlineTest, ParallelDrainsMayNest) {
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
