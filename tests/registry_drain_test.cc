// Registry::Drain (contract C8, C10, C11, C14, C16).
#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "finalize/lifetime.h"
#include "finalize/registry.h"
#include "gtest/gtest.h"
#include "tests/captured_failures.h"
#include "tests/event_log.h"
#include "tests/latch.h"

namespace {

using finalize::Cause;
using finalize::DrainOptions;
using finalize::Finalizer;
using finalize::Options;
using finalize::Registry;
using finalize::Report;
using finalize::ReportEntry;

DrainOptions AtProcessEnd() {
  DrainOptions options;
  options.cause = Cause::kExit;
  return options;
}

// Draining runs everything once; a second drain finds nothing.
TEST(RegistryDrainTest, RunsEverythingOnce) {
  int runs = 0;
  Registry registry;
  registry.Register([&] { ++runs; });
  registry.Register(Options().AtExit(false), [&] { ++runs; });
  Report report = registry.Drain();
  EXPECT_EQ(report.ran, 2u);
  EXPECT_EQ(report.left, 0u);
  EXPECT_TRUE(report.status().ok());
  EXPECT_EQ(registry.Drain().ran, 0u);
  EXPECT_EQ(runs, 2);
}

// The contract sheet: on the thread that drains.
TEST(RegistryDrainTest, RunsOnTheDrainingThread) {
  Registry registry;
  std::thread::id ran_on;
  registry.Register([&] { ran_on = std::this_thread::get_id(); });
  std::thread drainer([&] {
    registry.Drain();
    EXPECT_EQ(ran_on, std::this_thread::get_id());
  });
  drainer.join();
}

// C10: what a callback registers runs in that drain, next.
TEST(RegistryDrainTest, RegisteredDuringTheDrainRunsNext) {
  EventLog log;
  Registry registry;
  registry.Register(log.Adds("older"));
  registry.Register([&] {
    log.Add("running");
    registry.Register(log.Adds("inner-1"));
    registry.Register(log.Adds("inner-2"));
  });
  EXPECT_EQ(registry.Drain().ran, 4u);
  EXPECT_EQ(log.Text(), "running inner-2 inner-1 older");
}

// C10: or at its phase's turn: next if higher, later if lower.
TEST(RegistryDrainTest, RegisteredDuringTheDrainWaitsForItsPhase) {
  EventLog log;
  Registry registry;
  registry.Register(Options().Phase(-1), log.Adds("low"));
  registry.Register(log.Adds("older"));
  registry.Register([&] {
    registry.Register(Options().Phase(-2), log.Adds("inner-lowest"));
    registry.Register(Options().Phase(-1), log.Adds("inner-low"));
    registry.Register(Options().Phase(9), log.Adds("inner-high"));
    registry.Register(log.Adds("inner-same"));
  });
  registry.Drain();
  EXPECT_EQ(log.Text(),
            "inner-high inner-same older inner-low low inner-lowest");
}

// C10: at any depth, and in the last phase too.
TEST(RegistryDrainTest, ChainOfRegistrationsRuns) {
  Registry registry;
  int depth = 0;
  struct Chain {
    void operator()() const {
      if (++*depth < 10000) registry->Register(*this);
    }
    Registry* registry;
    int* depth;
  };
  registry.Register(Chain{&registry, &depth});
  EXPECT_EQ(registry.Drain().ran, 10000u);
  EXPECT_EQ(depth, 10000);
}

// C10: another thread's registration joins while a phase above drains.
TEST(RegistryDrainTest, OtherThreadJoinsBelowTheDrainingPhase) {
  CapturedFailures failures;
  EventLog log;
  Registry registry;
  registry.Register(log.Adds("zero"));
  registry.Register(Options().Phase(5), [&] {
    std::thread([&] {
      registry.Register(log.Adds("joined"));
      registry.Register(Options().Phase(-5), log.Adds("joined-lower"));
      registry.Register(Options().Phase(4), log.Adds("joined-higher"));
    }).join();
    log.Add("five");
  });
  EXPECT_EQ(registry.Drain().ran, 5u);
  EXPECT_EQ(log.Text(), "five joined-higher joined zero joined-lower");
  EXPECT_EQ(failures.size(), 0u);
}

// C10: one of the draining phase, or a higher one, is refused.
TEST(RegistryDrainTest, OtherThreadIsRefusedInTheDrainingPhase) {
  Registry registry;
  registry.Register([] {});  // so that phase 5 is not the last one
  absl::Status same, higher;
  registry.Register(Options().Phase(5), [&] {
    std::thread([&] {
      same = registry.TryRegister(Options().Phase(5), [] {}).status();
      higher = registry.TryRegister(Options().Phase(6), [] {}).status();
    }).join();
  });
  EXPECT_EQ(registry.Drain().ran, 2u);
  EXPECT_EQ(same.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(higher.code(), absl::StatusCode::kUnavailable);
}

// C10: once the last phase has started the registry is closed to others, below
// it too.
TEST(RegistryDrainTest, OtherThreadIsRefusedInTheLastPhase) {
  CapturedFailures failures;
  EventLog log;
  Registry registry;
  registry.Register([&] {
    std::thread([&] {
      EXPECT_FALSE(registry.Register(log.Adds("same")).alive());
      EXPECT_FALSE(
          registry.Register(Options().Phase(-1), log.Adds("low")).alive());
      registry.Register(Options().IfClosed(finalize::IfClosed::kRunNow),
                        log.Adds("now"));
    }).join();
    log.Add("drained");
  });
  EXPECT_EQ(registry.Drain().ran, 1u);
  EXPECT_EQ(log.Text(), "now drained");
  EXPECT_EQ(failures.size(), 2u);
}

// C10: what is run at once because the registry is closed is none of its
// callbacks: it cannot keep the drain alive.
TEST(RegistryDrainTest, RunNowDoesNotOpenTheRegistry) {
  Registry registry;
  absl::Status inside;
  registry.Register([&] {
    std::thread([&] {
      registry.Register(Options().IfClosed(finalize::IfClosed::kRunNow), [&] {
        inside = registry.TryRegister({}, [] {}).status();
      });
    }).join();
  });
  EXPECT_EQ(registry.Drain().ran, 1u);
  EXPECT_EQ(inside.code(), absl::StatusCode::kUnavailable);
}

// C10: a thread that runs one of the registry's callbacks is not an other.
TEST(RegistryDrainTest, CallbackOnAnotherThreadMayRegister) {
  EventLog log;
  Registry registry;
  auto elsewhere =
      registry.Register([&] { registry.Register(log.Adds("inner")); });
  registry.Register([&] {
    std::thread([&] { EXPECT_TRUE(elsewhere.Run()); }).join();
    log.Add("outer");
  });
  registry.Drain();
  EXPECT_EQ(log.Text(), "outer inner");
}

// C10: the registry is open again when the drain has ended.
TEST(RegistryDrainTest, RegistryOpensAgain) {
  Registry registry;
  registry.Register([] {});
  registry.Drain();
  bool ok = false;
  std::thread([&] { ok = registry.TryRegister({}, [] {}).ok(); }).join();
  EXPECT_TRUE(ok);
  EXPECT_EQ(registry.Drain().ran, 1u);
}

// C10: a drain ends although other threads keep registering.
TEST(RegistryDrainTest, BusyThreadsDoNotKeepItAlive) {
  CapturedFailures failures;
  Registry registry;
  std::atomic<bool> stop{false};
  Latch busy(3);
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      registry.Register([] {});
      busy.CountDown();
      while (!stop.load()) registry.Register([] {}).Run();
    });
  }
  busy.Wait();
  for (int i = 0; i < 50; ++i) registry.Drain();  // would hang here
  stop.store(true);
  for (std::thread& thread : threads) thread.join();
}

// C11: a callback runs another one early; it is not run again.
TEST(RegistryDrainTest, CallbackRunsAnotherEarly) {
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
TEST(RegistryDrainTest, CallbackDetachesAnother) {
  EventLog log;
  Registry registry;
  registry.Register(log.Adds("oldest"));
  auto middle = registry.Register(log.Adds("middle"));
  registry.Register([&] { middle.Detach(); });
  registry.Drain();
  EXPECT_EQ(log.Text(), "oldest");
}

// C11: set_at_exit(false) during a drain at process end is honoured.
TEST(RegistryDrainTest, FlagTakenDuringTheDrainIsHonoured) {
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
TEST(RegistryDrainTest, FlagGivenDuringTheDrainIsHonoured) {
  EventLog log;
  Registry registry;
  const auto off = Options().AtExit(false);
  auto older = registry.Register(off, log.Adds("older"));
  registry.Register([&] {
    log.Add("callback");
    older.set_at_exit(true);
  });
  Finalizer<> newer = registry.Register(off, log.Adds("newer"));
  Finalizer<> higher =
      registry.Register(Options().Phase(1).AtExit(false), log.Adds("higher"));
  registry.Register([&] {
    newer.set_at_exit(true);
    higher.set_at_exit(true);
  });
  Report report = registry.Drain(AtProcessEnd());
  EXPECT_EQ(log.Text(), "higher newer callback older");
  EXPECT_EQ(report.left, 0u);
}

// C11: both ways, back and forth.
TEST(RegistryDrainTest, LastFlagCounts) {
  EventLog log;
  Registry registry;
  auto a = registry.Register(log.Adds("a"));
  auto b = registry.Register(Options().AtExit(false), log.Adds("b"));
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
TEST(RegistryDrainTest, SkippedOnesKeepTheirPlaces) {
  EventLog log;
  Registry registry;
  for (int i = 0; i < 6; ++i) {
    registry.Register(Options().Phase(i % 2).AtExit(i < 2),
                      log.Adds(std::to_string(i)));
  }
  registry.Register(Options().AtExit(false), log.Adds("6"));
  EXPECT_EQ(registry.Drain(AtProcessEnd()).ran, 2u);
  EXPECT_EQ(log.Text(), "1 0");
  registry.Register(log.Adds("7"));
  registry.Drain();
  EXPECT_EQ(log.Text(), "1 0 5 3 7 6 4 2");
}

// C12: every process-end cause skips; no other does.
TEST(RegistryDrainTest, ProcessEndCausesSkip) {
  for (int kind = Cause::kCall; kind <= Cause::kClosed; ++kind) {
    const Cause cause(static_cast<Cause::Kind>(kind));
    Registry registry;
    registry.Register(Options().AtExit(false), [] {});
    DrainOptions options;
    options.cause = cause;
    Report report = registry.Drain(options);
    EXPECT_EQ(report.ran, cause.IsProcessEnd() ? 0u : 1u) << cause.ToString();
    EXPECT_EQ(report.left, cause.IsProcessEnd() ? 1u : 0u) << cause.ToString();
  }
}

// C14: any exception and any bad status is in the report; the rest still runs.
TEST(RegistryDrainTest, FailuresDoNotStopTheRest) {
  CapturedFailures failures;
  EventLog log;
  Registry registry;
  registry.Register(log.Adds("oldest"));
  registry.Register(Options("runtime_error"),
                    [] { throw std::runtime_error("deep"); });
  registry.Register(Options("int"), [] { throw 42; });
  registry.Register(Options("pointer"), [] { throw "text"; });
  struct Custom {};
  registry.Register(Options("custom"), [] { throw Custom(); });
  registry.Register(Options("status"),
                    [] { return absl::DataLossError("lost"); });
  registry.Register(Options("status_or"), []() -> absl::StatusOr<int> {
    return absl::NotFoundError("none");
  });
  registry.Register(log.Adds("newest"));
  Report report = registry.Drain();
  EXPECT_EQ(log.Text(), "newest oldest");
  EXPECT_EQ(report.ran, 2u);
  EXPECT_EQ(report.failed, 6u);
  ASSERT_EQ(report.entries.size(), 6u);
  EXPECT_EQ(report.entries[0].status, absl::NotFoundError("none"));
  EXPECT_EQ(report.entries[1].status, absl::DataLossError("lost"));
  EXPECT_EQ(report.status(), absl::NotFoundError("none"));  // the first
  for (const ReportEntry& entry : report.entries) {
    EXPECT_EQ(entry.outcome, ReportEntry::kFailed);
  }
  EXPECT_EQ(report.entries[2].name, "custom");
  EXPECT_NE(report.entries[2].status.message().find("Custom"),
            absl::string_view::npos);
  EXPECT_EQ(report.entries[4].status.message(), "exception of type int");
  EXPECT_EQ(report.entries[5].status.message(),
            "exception of type std::runtime_error: deep");
  EXPECT_EQ(failures.size(), 6u);
}

// C14: a good status is no failure.
TEST(RegistryDrainTest, GoodStatusIsASuccess) {
  Registry registry;
  registry.Register([] { return absl::OkStatus(); });
  registry.Register([]() -> absl::StatusOr<int> { return 1; });
  registry.Register([] { return false; });  // no status at all
  Report report = registry.Drain();
  EXPECT_EQ(report.ran, 3u);
  EXPECT_EQ(report.failed, 0u);
}

// C14: an exception whose what() throws, too, ends in the report.
TEST(RegistryDrainTest, ThrowingWhatIsContained) {
  CapturedFailures failures;
  struct Nasty : std::exception {
    const char* what() const noexcept override { return ""; }
  };
  Registry registry;
  registry.Register([] { throw Nasty(); });
  EXPECT_EQ(registry.Drain().failed, 1u);
}

// C16: an outermost drain waits for callbacks on other threads.
TEST(RegistryDrainTest, OutermostWaitsForRunningCallbacks) {
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
TEST(RegistryDrainTest, OutermostRunsWhatRunningCallbacksRegister) {
  EventLog log;
  Registry registry;
  Latch started, draining;
  auto f = registry.Register([&] {
    started.CountDown();
    draining.Wait();
    registry.Register([&] {
      registry.Register(Options().Phase(-3), log.Adds("deeper"));
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
TEST(RegistryDrainTest, NestedReportsRunningElsewhere) {
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
    EXPECT_EQ(report.entries[0].outcome, ReportEntry::kRunning);
    release.CountDown();
  });
  EXPECT_TRUE(outer.Drain().status().ok());
  EXPECT_EQ(runs, 1);
  runner.join();
}

// C16: a callback drains its own registry: it runs the rest, and is not itself
// a reason to wait.
TEST(RegistryDrainTest, CallbackDrainsItsOwnRegistry) {
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
TEST(RegistryDrainTest, CallbacksDrainEachOthersRegistries) {
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
  a.Register(cross, &b);
  b.Register(cross, &a);
  std::thread thread([&] { a.Drain(); });
  b.Drain();
  thread.join();
  EXPECT_EQ(extra, 1);
}

// C16: two threads drain one registry: each finalizer runs once, and both
// drains return when all have ended.
TEST(RegistryDrainTest, TwoThreadsDrainTogether) {
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

// C13, C16: a callback ends a lifetime in the same registry: its finalizers
// run at once.
TEST(RegistryDrainTest, CallbackEndsALifetime) {
  EventLog log;
  Registry registry;
  auto lifetime = std::make_unique<finalize::Lifetime>();
  registry.OnDestroy(*lifetime, Options().AtExit(false), log.Adds("lifetime"));
  registry.Register(log.Adds("older"));
  registry.Register([&] { lifetime.reset(); });
  registry.Drain(AtProcessEnd());
  EXPECT_EQ(log.Text(), "lifetime older");
}

// Nested deeply: a chain of registries, each drained by a callback of the one
// before.
TEST(RegistryDrainTest, DrainsNestDeeply) {
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
