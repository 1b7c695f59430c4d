// SPDX-License-Identifier: Apache-2.0

// What a drain runs, and what may join it (contract C10).
#include <atomic>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "finalize/registry.h"
#include "gtest/gtest.h"
#include "tests/support/captured_failures.h"
#include "tests/support/event_log.h"
#include "tests/support/latch.h"

namespace {

using finalize::IfClosed;
using finalize::Options;
using finalize::Registry;
using finalize::Report;
using finalize_test::CapturedFailures;
using finalize_test::EventLog;
using finalize_test::Latch;

// Draining runs everything once; a second drain finds nothing.
TEST(RegistryDrainTest, RunsEverythingOnce) {
  int runs = 0;
  Registry registry;
  registry.Register([&] { ++runs; });
  registry.Register(Options().set_at_exit(false), [&] { ++runs; });
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
  registry.Register(Options().set_phase(-1), log.Adds("low"));
  registry.Register(log.Adds("older"));
  registry.Register([&] {
    registry.Register(Options().set_phase(-2), log.Adds("inner-lowest"));
    registry.Register(Options().set_phase(-1), log.Adds("inner-low"));
    registry.Register(Options().set_phase(9), log.Adds("inner-high"));
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
  registry.Register(Options().set_phase(5), [&] {
    std::thread([&] {
      registry.Register(log.Adds("joined"));
      registry.Register(Options().set_phase(-5), log.Adds("joined-lower"));
      registry.Register(Options().set_phase(4), log.Adds("joined-higher"));
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
  registry.Register(Options().set_phase(5), [&] {
    std::thread([&] {
      same = registry.TryRegister(Options().set_phase(5), [] {}).status();
      higher = registry.TryRegister(Options().set_phase(6), [] {}).status();
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
          registry.Register(Options().set_phase(-1), log.Adds("low")).alive());
      registry.Register(Options().set_if_closed(finalize::IfClosed::kRunNow),
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
      registry.Register(
          Options().set_if_closed(finalize::IfClosed::kRunNow),
          [&] { inside = registry.TryRegister({}, [] {}).status(); });
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

}  // namespace
