// SPDX-License-Identifier: Apache-2.0

// The observer: the start and the end of each callback (contract C26).
#include "finalize/observer.h"

#include <unistd.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "finalize/finally.h"
#include "finalize/lifetime.h"
#include "finalize/registry.h"
#include "gtest/gtest.h"
#include "tests/support/captured_failures.h"
#include "tests/support/event_log.h"
#include "tests/support/latch.h"

namespace {

using finalize::Cause;
using finalize::Observer;
using finalize::Options;
using finalize::Registry;
using finalize::ReportEntry;
using finalize_test::CapturedFailures;
using finalize_test::EventLog;
using finalize_test::Latch;

// While it lives, there is this observer.
class Observed {
 public:
  explicit Observed(Observer observer)
      : old_(finalize::SetObserver(std::move(observer))) {}
  ~Observed() { finalize::SetObserver(std::move(old_)); }

 private:
  Observer old_;
};

// Logs `+name` and `-name`.
Observer LogsTo(EventLog* log) {
  return {[log](const ReportEntry& entry) { log->Add("+" + entry.name); },
          [log](const ReportEntry& entry) { log->Add("-" + entry.name); }};
}

// C26: around each callback, whatever the trigger.
TEST(ObserverTest, HearsOfEveryTrigger) {
  EventLog log;
  Observed observed(LogsTo(&log));
  Registry registry;
  registry.Register(Options("call"), log.Adds("call")).Run();
  registry.Register(Options("drain"), log.Adds("drain"));
  registry.Drain();
  {
    finalize::Lifetime lifetime;
    registry.OnDestroy(lifetime, Options("destroy"), log.Adds("destroy"));
  }
  { finalize::Finally scope(Options("scope"), log.Adds("scope")); }
  registry.Seal();
  registry.Register(
      Options("closed").set_if_closed(finalize::IfClosed::kRunNow),
      log.Adds("closed"));
  EXPECT_EQ(log.Text(),
            "+call call -call +drain drain -drain +destroy destroy -destroy "
            "+scope scope -scope +closed closed -closed");
}

// C26: what it is told.
TEST(ObserverTest, EntriesSayWhatRuns) {
  CapturedFailures failures;
  std::vector<ReportEntry> entries;
  const auto keep = [&](const ReportEntry& entry) { entries.push_back(entry); };
  Observed observed({keep, keep});
  Registry registry;
  const int line = __LINE__ + 1;
  const Options options = Options("n").set_phase(4);
  registry.Register(
      options, [](int) { throw 1; }, 42);
  registry.Drain();
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].outcome, ReportEntry::Outcome::kRunning);
  EXPECT_EQ(entries[1].outcome, ReportEntry::Outcome::kFailed);
  EXPECT_EQ(entries[1].status.code(), absl::StatusCode::kUnknown);
  EXPECT_GT(entries[1].duration, absl::ZeroDuration());
  for (const ReportEntry& entry : entries) {
    EXPECT_EQ(entry.number, entries[0].number);
    EXPECT_EQ(entry.name, "n");
    EXPECT_EQ(entry.phase, 4);
    EXPECT_EQ(entry.place.line, line);
    EXPECT_EQ(entry.cause, Cause::Kind::kDrain);
    EXPECT_NE(entry.callback.find("(42)"), std::string::npos);
  }
}

// C26: exactly for how long, in a drain with a deadline as well. Together they
// take no longer than the drain.
TEST(ObserverTest, DurationsAreExact) {
  absl::Duration sum;
  int ends = 0;
  Observed observed({nullptr, [&](const ReportEntry& entry) {
                       sum += entry.duration;
                       ++ends;
                     }});
  Registry registry;
  for (int i = 0; i < 100; ++i) registry.Register([] {});
  finalize::DrainOptions options;
  options.deadline = absl::Now() + absl::Hours(1);
  const finalize::Report report = registry.Drain(options);
  EXPECT_EQ(ends, 100);
  EXPECT_GT(sum, absl::ZeroDuration());
  EXPECT_LE(sum, report.elapsed);
}

// C26: an exception that Run() lets through is an end, and comes through.
TEST(ObserverTest, HearsOfWhatRunLetsThrough) {
  std::vector<ReportEntry> ends;
  Observed observed(
      {nullptr, [&](const ReportEntry& entry) { ends.push_back(entry); }});
  Registry registry;
  auto thrower =
      registry.Register([]() -> int { throw std::logic_error("x"); });
  EXPECT_THROW(thrower.Run(), std::logic_error);
  EXPECT_EQ(registry.Register([] { return 5; }).Run(), 5);
  ASSERT_EQ(ends.size(), 2u);
  EXPECT_EQ(ends[0].outcome, ReportEntry::Outcome::kFailed);
  EXPECT_EQ(ends[0].status.message(), "exception of type std::logic_error: x");
  EXPECT_EQ(ends[1].outcome, ReportEntry::Outcome::kRan);
}

// C26: what Detach() gave back is the caller's own.
TEST(ObserverTest, DetachedIsNotObserved) {
  EventLog log;
  Observed observed(LogsTo(&log));
  Registry registry;
  auto callback = registry.Register([] {}).Detach();
  std::move(callback)();
  EXPECT_EQ(log.Text(), "");
}

// C26: no lock is held: it may register, run and detach; what it runs itself is
// not observed.
TEST(ObserverTest, MayChangeTheRegistry) {
  EventLog log;
  Registry registry;
  auto victim = registry.Register(Options("victim"), log.Adds("victim"));
  auto other = registry.Register(Options("other"), log.Adds("other"));
  Observer observer = LogsTo(&log);
  observer.end = [&](const ReportEntry&) {
    victim.Detach();
    other.Run();
    registry.Register(Options("late"), log.Adds("late"));
    finalize::SetObserver({});
  };
  Observed observed(std::move(observer));
  registry.Register(Options("first"), log.Adds("first"));
  EXPECT_EQ(registry.Drain().ran, 2u);
  EXPECT_EQ(log.Text(), "+first first other late");
}

// C26: dead first, as in the callback itself (C2).
TEST(ObserverTest, FinalizerIsDeadAlready) {
  Registry registry;
  auto f = registry.Register([] {});
  bool alive = true;
  Observed observed({[&](const ReportEntry&) {
                       alive = f.alive() || f.Run() || f.Peek();
                       f.Wait();  // would hang here
                     },
                     nullptr});
  registry.Drain();
  EXPECT_FALSE(alive);
}

// C26: what it throws is dropped; the callback runs.
TEST(ObserverTest, ExceptionIsDropped) {
  CapturedFailures failures;
  const auto throws = [](const ReportEntry&) { throw 1; };
  Observed observed({throws, throws});
  Registry registry;
  int runs = 0;
  registry.Register([&] { ++runs; });
  EXPECT_EQ(registry.Drain().ran, 1u);
  registry.Register([&] { ++runs; }).Run();
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(failures.size(), 0u);
}

// C26: the one that heard of the start hears of the end, though it is replaced
// meanwhile by another thread; what it owns lives as long.
TEST(ObserverTest, ReplacedOneHearsOfTheEnd) {
  EventLog log;
  Latch started, release;
  auto owned = std::make_shared<int>();
  std::weak_ptr<int> watch = owned;
  finalize::SetObserver({[&log](const ReportEntry&) { log.Add("old+"); },
                         [&log, owned = std::move(owned)](const ReportEntry&) {
                           log.Add("old-");
                         }});
  Registry registry;
  auto f = registry.Register([&] {
    started.CountDown();
    release.Wait();
  });
  std::thread runner([&] { f.Run(); });
  started.Wait();
  finalize::SetObserver({[&log](const ReportEntry&) { log.Add("new+"); },
                         [&log](const ReportEntry&) { log.Add("new-"); }});
  EXPECT_FALSE(watch.expired());
  registry.Register([] {}).Run();
  release.CountDown();
  runner.join();
  EXPECT_TRUE(watch.expired());
  finalize::SetObserver({});
  EXPECT_EQ(log.Text(), "old+ new+ new- old-");
}

// C26: it may be replaced by any thread while others run callbacks.
TEST(ObserverTest, MayBeReplacedWhileItIsCalled) {
  std::atomic<int> open{0};
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      Registry registry;
      while (!stop.load()) {
        registry.Register([] {});
        registry.Drain();
        registry.Register([] {}).Run();
      }
    });
  }
  for (int i = 0; i < 500; ++i) {
    finalize::SetObserver({[&](const ReportEntry&) { ++open; },
                           [&](const ReportEntry&) { --open; }});
    finalize::SetObserver({});
  }
  stop.store(true);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(open.load(), 0);  // always in pairs
}

// C26: SetObserver returns the one before.
TEST(ObserverTest, ReturnsTheOneBefore) {
  EventLog log;
  finalize::SetObserver(LogsTo(&log));
  Observer old = finalize::SetObserver({});
  ASSERT_NE(old.start, nullptr);
  ReportEntry entry;
  entry.name = "x";
  old.start(entry);
  EXPECT_EQ(log.Text(), "+x");
  EXPECT_EQ(finalize::SetObserver({}).start, nullptr);
}

// C26: on helper threads as well.
TEST(ObserverTest, HearsOfHelperThreads) {
  std::atomic<int> starts{0}, ends{0};
  Observed observed({[&](const ReportEntry&) { ++starts; },
                     [&](const ReportEntry&) { ++ends; }});
  Registry registry;
  for (int i = 0; i < 50; ++i) registry.Register([] {});
  finalize::DrainOptions options;
  options.threads = 3;
  EXPECT_EQ(registry.Drain(options).ran, 50u);
  EXPECT_EQ(starts.load(), 50);
  EXPECT_EQ(ends.load(), 50);
}

}  // namespace
