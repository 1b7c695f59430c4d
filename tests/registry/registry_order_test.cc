// SPDX-License-Identifier: Apache-2.0

// The order of finalizers (contract C9).
#include <climits>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "finalize/at_exit.h"
#include "finalize/lifetime.h"
#include "finalize/registry.h"
#include "gtest/gtest.h"
#include "tests/support/event_log.h"
#include "tests/support/latch.h"

namespace {

using finalize::Options;
using finalize::Registry;
using finalize_test::EventLog;
using finalize_test::Latch;

// C9: newest first.
TEST(RegistryOrderTest, NewestFirst) {
  EventLog log;
  Registry registry;
  for (int i = 0; i < 5; ++i) registry.Register(log.Adds(std::to_string(i)));
  registry.Drain();
  EXPECT_EQ(log.Text(), "4 3 2 1 0");
}

// C9: higher phase first, newest first inside a phase.
TEST(RegistryOrderTest, HigherPhaseFirst) {
  EventLog log;
  Registry registry;
  int i = 0;
  for (int phase : {0, 5, -5, INT_MAX, INT_MIN, 5, 0}) {
    registry.Register(Options().set_phase(phase),
                      log.Adds(std::to_string(i++)));
  }
  registry.Drain();
  EXPECT_EQ(log.Text(), "3 5 1 6 0 2 4");
}

// C9: any number of phases, registered in any order.
TEST(RegistryOrderTest, ManyPhasesDrainInFallingOrder) {
  Registry registry;
  std::vector<int> order;
  constexpr int kPhases = 500;
  for (int i = 0; i < kPhases; ++i) {
    const int phase = (i * 37) % kPhases - kPhases / 2;
    registry.Register(Options().set_phase(phase),
                      [&order, phase] { order.push_back(phase); });
  }
  registry.Drain();
  ASSERT_EQ(order.size(), static_cast<size_t>(kPhases));
  for (int i = 1; i < kPhases; ++i) EXPECT_EQ(order[i], order[i - 1] - 1);
}

// C9: over all lifetimes.
TEST(RegistryOrderTest, LifetimesDoNotChangeTheOrder) {
  EventLog log;
  Registry registry;
  finalize::Lifetime a, b;
  registry.OnDestroy(a, {}, log.Adds("1"));
  registry.Register(log.Adds("2"));
  registry.OnDestroy(b, {}, log.Adds("3"));
  registry.OnDestroy(a, {}, log.Adds("4"));
  registry.Register(log.Adds("5"));
  registry.Drain();
  EXPECT_EQ(log.Text(), "5 4 3 2 1");
}

// C9: over lifetimes that other threads made, in the process registry too.
TEST(RegistryOrderTest, LifetimesOfOtherThreadsDoNotChangeTheOrder) {
  std::vector<std::unique_ptr<finalize::Lifetime>> lifetimes(8);
  for (auto& lifetime : lifetimes) {
    std::thread([&] {
      lifetime = std::make_unique<finalize::Lifetime>();
    }).join();
  }
  std::vector<int> order;
  constexpr int kCount = 2000;
  for (int i = 0; i < kCount; ++i) {
    auto note = [&order, i] { order.push_back(i); };
    if (i % 3 == 0) {
      finalize::AtExit(note);
    } else {
      finalize::OnDestroy(*lifetimes[i % lifetimes.size()], note);
    }
  }
  Registry::Process().Drain();
  ASSERT_EQ(order.size(), static_cast<size_t>(kCount));
  for (int i = 0; i < kCount; ++i) ASSERT_EQ(order[i], kCount - 1 - i);
}

// Registers a number on each of several threads in turn; each turn happens
// after the one before.
void RegisterInTurn(Registry* registry, int threads, int turns,
                    std::vector<int>* order) {
  std::vector<std::unique_ptr<Latch>> turn;
  for (int i = 0; i <= threads * turns; ++i) {
    turn.push_back(std::make_unique<Latch>());
  }
  turn[0]->CountDown();
  std::vector<std::thread> workers;
  for (int t = 0; t < threads; ++t) {
    workers.emplace_back([&, t] {
      for (int i = t; i < threads * turns; i += threads) {
        turn[i]->Wait();
        registry->Register([order, i] { order->push_back(i); });
        turn[i + 1]->CountDown();
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
}

// C9: exact between registrations that synchronization orders, on more threads
// than the process registry has lanes.
TEST(RegistryOrderTest, SynchronizedThreadsKeepTheirOrder) {
  constexpr int kThreads = 80, kTurns = 20;
  Registry own;
  for (Registry* registry : {&own, &Registry::Process()}) {
    std::vector<int> order;
    RegisterInTurn(registry, kThreads, kTurns, &order);
    registry->Drain();
    ASSERT_EQ(order.size(), static_cast<size_t>(kThreads * kTurns));
    for (size_t i = 1; i < order.size(); ++i) {
      ASSERT_EQ(order[i], order[i - 1] - 1);
    }
  }
}

// C9: exact within each thread, however the threads' registrations interleave.
TEST(RegistryOrderTest, EachThreadKeepsItsOrder) {
  constexpr int kThreads = 8, kEach = 500;
  std::vector<std::pair<int, int>> order;
  std::vector<std::thread> workers;
  Latch start(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    workers.emplace_back([&, t] {
      start.Arrive();
      for (int i = 0; i < kEach; ++i) {
        finalize::AtExit([&order, t, i] { order.emplace_back(t, i); });
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  Registry::Process().Drain();
  ASSERT_EQ(order.size(), static_cast<size_t>(kThreads * kEach));
  std::vector<int> last(kThreads, kEach);
  for (const auto& [thread, i] : order) {
    EXPECT_EQ(i, last[thread] - 1);
    last[thread] = i;
  }
}

// C9: what is run, detached or re-flagged leaves the others in order.
TEST(RegistryOrderTest, GapsDoNotChangeTheOrder) {
  EventLog log;
  Registry registry;
  std::vector<finalize::Finalizer<>> all;
  for (int i = 0; i < 6; ++i) {
    all.push_back(registry.Register(log.Adds(std::to_string(i))));
  }
  all[5].Detach();
  all[0].Detach();
  all[2].Run();
  all[4].set_at_exit(false);
  all[4].set_at_exit(true);
  registry.Drain();
  EXPECT_EQ(log.Text(), "2 4 3 1");
}

}  // namespace
