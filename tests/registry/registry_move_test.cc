// SPDX-License-Identifier: Apache-2.0

// Registry::MoveTo (contract C12).
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
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

// C12: each keeps its place in the order.
TEST(RegistryMoveTest, EntriesKeepTheirSequence) {
  EventLog log;
  Registry from, to;
  from.Register(log.Adds("1"));
  to.Register(log.Adds("2"));
  from.Register(log.Adds("3"));
  to.Register(log.Adds("4"));
  from.Register(log.Adds("5"));
  ASSERT_TRUE(from.MoveTo(to).ok());
  EXPECT_EQ(from.size(), 0u);
  EXPECT_EQ(to.size(), 5u);
  to.Register(log.Adds("6"));
  to.Drain();
  EXPECT_EQ(log.Text(), "6 5 4 3 2 1");
}

// C12: in every phase, also one that the target has not seen.
TEST(RegistryMoveTest, EntriesKeepTheirPhase) {
  EventLog log;
  Registry from, to;
  for (int phase : {3, -3, 0, 8, 5, 11}) {
    from.Register(Options().set_phase(phase), log.Adds(std::to_string(phase)));
  }
  to.Register(Options().set_phase(4), log.Adds("4"));
  ASSERT_TRUE(from.MoveTo(to).ok());
  to.Drain();
  EXPECT_EQ(log.Text(), "11 8 5 4 3 0 -3");
}

// C6, C12: handles stay good, and the flags stay.
TEST(RegistryMoveTest, HandlesStayGood) {
  Registry from, to;
  auto run = from.Register([] { return 1; });
  auto detach = from.Register([] { return 2; });
  auto off = from.Register(Options("off").set_at_exit(false), [] {});
  ASSERT_TRUE(from.MoveTo(to).ok());
  EXPECT_EQ(run.Run(), 1);
  auto callback = detach.Detach();
  EXPECT_EQ(std::move(callback)(), 2);
  EXPECT_FALSE(off.at_exit());
  EXPECT_EQ(off.Peek()->name, "off");
  EXPECT_EQ(to.size(), 1u);
}

// C12: the registry they came from may die.
TEST(RegistryMoveTest, EntriesOutliveTheirFirstRegistry) {
  EventLog log;
  Registry to;
  {
    Registry from;
    from.Register(log.Adds("moved"));
    ASSERT_TRUE(from.MoveTo(to).ok());
  }
  EXPECT_EQ(log.Text(), "");
  to.Drain();
  EXPECT_EQ(log.Text(), "moved");
}

// C12, C13: lifetimes still end them, made by whatever thread.
TEST(RegistryMoveTest, LifetimesStillEndThem) {
  EventLog log;
  std::unique_ptr<finalize::Lifetime> lifetime;
  std::thread([&] {
    lifetime = std::make_unique<finalize::Lifetime>();
  }).join();
  Registry from, to;
  from.OnDestroy(*lifetime, {}, log.Adds("older"));
  from.OnDestroy(*lifetime, {}, log.Adds("newer"));
  ASSERT_TRUE(from.MoveTo(to).ok());
  EXPECT_EQ(to.size(), 2u);
  lifetime.reset();
  EXPECT_EQ(log.Text(), "newer older");
  EXPECT_EQ(to.size(), 0u);
}

// C12: to and from the process registry, where threads registered on lanes of
// their own.
TEST(RegistryMoveTest, ProcessRegistryGivesAndTakes) {
  std::vector<int> order;
  for (int i = 0; i < 10; ++i) {
    std::thread([&order, i] {
      finalize::AtExit([&order, i] { order.push_back(i); });
    }).join();
  }
  Registry own;
  ASSERT_TRUE(Registry::Process().MoveTo(own).ok());
  EXPECT_EQ(Registry::Process().size(), 0u);
  EXPECT_EQ(own.size(), 10u);
  own.Register([&order] { order.push_back(10); });
  ASSERT_TRUE(own.MoveTo(Registry::Process()).ok());
  EXPECT_EQ(own.size(), 0u);
  Registry::Process().Drain();
  EXPECT_EQ(order, (std::vector<int>{10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0}));
}

// C12: a sealed target refuses, and nothing moves.
TEST(RegistryMoveTest, SealedTargetRefuses) {
  Registry from, to;
  auto f = from.Register([] {});
  to.Seal();
  EXPECT_EQ(from.MoveTo(to).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(from.size(), 1u);
  EXPECT_TRUE(f.alive());
}

// C10, C12: a target whose drain has closed it refuses other threads; one of
// its own callbacks may move to it.
TEST(RegistryMoveTest, ClosedTargetRefusesOtherThreads) {
  EventLog log;
  Registry from, to;
  from.Register(log.Adds("moved"));
  absl::Status elsewhere, inside;
  to.Register([&] {
    std::thread([&] { elsewhere = from.MoveTo(to); }).join();
    inside = from.MoveTo(to);
  });
  to.Drain();
  EXPECT_EQ(elsewhere.code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(inside.ok());
  EXPECT_EQ(log.Text(), "moved");
}

// C11, C12: moving away what a drain would have come to.
TEST(RegistryMoveTest, CallbackMovesTheRestAway) {
  EventLog log;
  Registry from, to;
  from.Register(log.Adds("rest"));
  from.Register([&] { EXPECT_TRUE(from.MoveTo(to).ok()); });
  EXPECT_EQ(from.Drain().ran, 1u);
  EXPECT_EQ(log.Text(), "");
  EXPECT_EQ(to.size(), 1u);
}

// Moving to itself changes nothing.
TEST(RegistryMoveTest, MoveToItselfChangesNothing) {
  Registry registry;
  registry.Register([] {});
  EXPECT_TRUE(registry.MoveTo(registry).ok());
  EXPECT_EQ(registry.size(), 1u);
}

// Running ones stay where they were claimed.
TEST(RegistryMoveTest, RunningOnesStay) {
  Registry from, to;
  Latch started, release;
  auto f = from.Register([&] {
    started.CountDown();
    release.Wait();
  });
  std::thread runner([&] { f.Run(); });
  started.Wait();
  EXPECT_TRUE(from.MoveTo(to).ok());
  EXPECT_EQ(to.Drain().running, 0u);
  release.CountDown();
  runner.join();
}

// C5, C12: peeks without a pause do not hold it up, and a claim waits for them
// where they have gone.
TEST(RegistryMoveTest, ConstantPeeksDoNotHoldItUp) {
  Registry a, b;
  auto f = a.Register(
      {}, [](const std::string&) {}, std::string(100, 'x'));
  std::atomic<bool> stop{false};
  Latch peeking(4);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      peeking.CountDown();
      while (!stop.load()) f.Peek();
    });
  }
  peeking.Wait();
  for (int i = 0; i < 500; ++i) {
    ASSERT_TRUE((i % 2 == 0 ? a : b).MoveTo(i % 2 == 0 ? b : a).ok());
  }
  EXPECT_TRUE(f.Run());
  stop.store(true);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(a.size() + b.size(), 0u);
}

// C12: what has moved is none of a drain's, even one that was about to run it.
TEST(RegistryMoveTest, DrainsLeaveWhatHasMoved) {
  for (int i = 0; i < 2000; ++i) {
    std::atomic<bool> moved{false};
    bool late = false;
    Registry from, to;
    finalize::Lifetime lifetime;
    auto f = from.OnDestroy(lifetime, {}, [&] { late = moved.load(); });
    Latch start(2);
    std::thread drainer([&] {
      start.CountDown();
      start.Wait();
      from.Drain();
    });
    start.CountDown();
    start.Wait();
    const bool has_moved = from.MoveTo(to).ok() && f.alive();
    moved.store(has_moved);
    drainer.join();
    ASSERT_FALSE(late);
    ASSERT_EQ(to.size(), f.alive() ? 1u : 0u);
  }
}

}  // namespace
