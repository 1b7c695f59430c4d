// SPDX-License-Identifier: Apache-2.0

// Finalizer: the claim and the result (contract C1-C3, C11).
#include "finalize/finalizer.h"

#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "finalize/lifetime.h"
#include "finalize/registry.h"
#include "gtest/gtest.h"
#include "tests/support/captured_failures.h"
#include "tests/support/latch.h"

namespace {

using finalize::Finalizer;
using finalize::Registry;
using finalize_test::CapturedFailures;
using finalize_test::Latch;

// C1: a second Run finds nothing to claim.
TEST(FinalizerTest, RunsOnce) {
  int runs = 0;
  Registry registry;
  auto f = registry.Register([&] { ++runs; });
  EXPECT_TRUE(f.Run());   // claimed here
  EXPECT_FALSE(f.Run());  // claimed before
  EXPECT_FALSE(f());      // the call operator is the same
  EXPECT_EQ(registry.Drain().ran, 0u);
  EXPECT_EQ(runs, 1);
}

// C1: each way to win leaves nothing for the others.
TEST(FinalizerTest, EveryTriggerTakesItFromEveryOther) {
  enum { kRun, kDetach, kDrain, kDestroy, kTriggers };
  for (int first = 0; first < kTriggers; ++first) {
    for (int second = 0; second < kTriggers; ++second) {
      Registry registry;
      auto lifetime = std::make_unique<finalize::Lifetime>();
      int runs = 0;
      auto f = registry.OnDestroy(*lifetime, {}, [&] { ++runs; });
      for (int trigger : {first, second}) {
        if (trigger == kRun) f.Run();
        if (trigger == kDetach) f.Detach();
        if (trigger == kDrain) registry.Drain();
        if (trigger == kDestroy) lifetime.reset();
      }
      EXPECT_EQ(runs, first == kDetach ? 0 : 1) << first << " " << second;
    }
  }
}

// C2: inside its own callback it is dead, and gives nothing.
TEST(FinalizerTest, IsDeadInsideItsCallback) {
  Registry registry;
  Finalizer<int> f;
  f = registry.Register([&] {
    EXPECT_FALSE(f.alive());
    EXPECT_EQ(f.Run(), std::nullopt);
    EXPECT_EQ(f.Peek(), std::nullopt);
    EXPECT_FALSE(f.Detach());
    EXPECT_FALSE(f.PeekArguments<>().has_value());
    EXPECT_FALSE(f.at_exit());
    return 7;
  });
  EXPECT_TRUE(f.alive());
  EXPECT_EQ(f.Run(), 7);
  EXPECT_FALSE(f.alive());
}

// C2: the same where a drain, or the end of the referent, runs it.
TEST(FinalizerTest, IsDeadInsideItsCallbackOnEveryPath) {
  Registry registry;
  int checks = 0;
  Finalizer<> drained, destroyed;
  auto check = [&](Finalizer<>* f) {
    EXPECT_FALSE(f->alive());
    EXPECT_FALSE(f->Run());
    EXPECT_FALSE(f->Detach());
    ++checks;
  };
  drained = registry.Register({}, check, &drained);
  registry.Drain();
  {
    finalize::Lifetime lifetime;
    destroyed = registry.OnDestroy(lifetime, {}, check, &destroyed);
  }
  EXPECT_EQ(checks, 2);
}

// C3: Run returns the callback's value.
TEST(FinalizerTest, RunReturnsTheResult) {
  Registry registry;
  Finalizer<std::string> f = registry.Register(
      {}, [](const std::string& a, int b) { return a + std::to_string(b); },
      std::string("x"), 3);
  EXPECT_EQ(f.Run(), "x3");
  EXPECT_EQ(f.Run(), std::nullopt);  // lost
}

// C3: a result that can only be moved.
TEST(FinalizerTest, RunReturnsAMoveOnlyResult) {
  Registry registry;
  auto f = registry.Register([] { return std::make_unique<int>(4); });
  std::optional<std::unique_ptr<int>> result = f.Run();
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(**result, 4);
}

// C3: a callback that returns a reference results in a copy.
TEST(FinalizerTest, RunReturnsACopyOfAReference) {
  Registry registry;
  std::string text = "kept";
  auto f = registry.Register([&]() -> const std::string& { return text; });
  static_assert(std::is_same_v<decltype(f), Finalizer<std::string>>);
  std::optional<std::string> result = f.Run();
  text = "changed";
  EXPECT_EQ(result, "kept");
}

// C3: a bad status reaches the caller of Run, who has it: no report.
TEST(FinalizerTest, RunReturnsAStatusAndDoesNotReportIt) {
  CapturedFailures failures;
  Registry registry;
  auto f =
      registry.Register([] { return absl::PermissionDeniedError("locked"); });
  static_assert(std::is_same_v<decltype(f), Finalizer<absl::Status>>);
  EXPECT_EQ(f.Run(), absl::PermissionDeniedError("locked"));
  EXPECT_EQ(failures.size(), 0u);
}

// C3: as for a status.
TEST(FinalizerTest, RunReturnsAStatusOr) {
  Registry registry;
  auto good = registry.Register([]() -> absl::StatusOr<int> { return 5; });
  auto bad = registry.Register(
      []() -> absl::StatusOr<int> { return absl::NotFoundError("gone"); });
  EXPECT_EQ(good.Run().value().value(), 5);
  EXPECT_EQ(bad.Run().value().status(), absl::NotFoundError("gone"));
}

// C3: an optional result inside the optional result.
TEST(FinalizerTest, RunTellsAnEmptyResultFromALoss) {
  Registry registry;
  auto f = registry.Register([]() -> std::optional<int> { return {}; });
  std::optional<std::optional<int>> result = f.Run();
  EXPECT_TRUE(result.has_value());    // it ran
  EXPECT_FALSE(result->has_value());  // and gave nothing
  EXPECT_FALSE(f.Run().has_value());  // lost
}

// C3, C8: Run lets the exception through to its caller, and it is spent.
TEST(FinalizerTest, RunThrowsWhatTheCallbackThrows) {
  CapturedFailures failures;
  Registry registry;
  auto f = registry.Register([] { throw 42; });
  int caught = 0;
  try {
    f.Run();
  } catch (int value) {
    caught = value;
  }
  EXPECT_EQ(caught, 42);
  EXPECT_FALSE(f.alive());         // spent
  EXPECT_FALSE(f.Run());           // no second try
  EXPECT_EQ(failures.size(), 0u);  // the caller knows
  EXPECT_EQ(registry.Drain().ran, 0u);
}

// C3: the loser returns at once, while the winner's callback is still running.
TEST(FinalizerTest, LoserDoesNotWaitForTheWinner) {
  Registry registry;
  Latch started, release;
  auto f = registry.Register([&] {
    started.CountDown();
    release.Wait();
  });
  std::thread winner([&] { EXPECT_TRUE(f.Run()); });
  started.Wait();
  EXPECT_FALSE(f.Run());  // would hang here if it waited
  release.CountDown();
  winner.join();
}

// C3: Wait returns once the winner's callback has ended.
TEST(FinalizerTest, WaitWaitsForTheWinner) {
  Registry registry;
  Latch started, release;
  bool ended = false;
  auto f = registry.Register([&] {
    started.CountDown();
    release.Wait();
    ended = true;
  });
  std::thread winner([&] { f.Run(); });
  started.Wait();
  EXPECT_FALSE(f.Wait(absl::Now()));           // still running
  EXPECT_FALSE(f.Wait(absl::InfinitePast()));  // a limit long past
  std::thread releaser([&] { release.CountDown(); });
  EXPECT_TRUE(f.Wait(absl::InfiniteFuture()));
  EXPECT_TRUE(ended);  // what the callback did is visible
  f.Wait();            // it has ended: at once
  winner.join();
  releaser.join();
}

// C3: Wait of a pending or dead finalizer has nothing to wait for.
TEST(FinalizerTest, WaitReturnsAtOnceIfNotRunning) {
  Registry registry;
  auto f = registry.Register([] {});
  f.Wait();                                     // pending
  EXPECT_TRUE(f.Wait(absl::InfiniteFuture()));  // pending
  f.Run();
  f.Wait();                                   // dead
  EXPECT_TRUE(f.Wait(absl::InfinitePast()));  // dead
  Finalizer<>().Wait();                       // never alive
}

// C3: on the running thread itself Wait returns at once, at any depth.
TEST(FinalizerTest, WaitReturnsAtOnceOnTheRunningThread) {
  Registry registry;
  bool ran = false;
  Finalizer<> outer;
  outer = registry.Register([&] {
    auto inner = registry.Register([&] {
      outer.Wait();
      EXPECT_TRUE(outer.Wait(absl::InfiniteFuture()));
      ran = true;
    });
    inner.Run();
  });
  outer.Run();
  EXPECT_TRUE(ran);
}

// C3, C7: the destructor of a bound argument is still part of the run.
TEST(FinalizerTest, WaitReturnsAtOnceInTheDestructorOfAnArgument) {
  Registry registry;
  Finalizer<> f;
  bool waited = false;
  struct Waits {
    ~Waits() {
      f->Wait();
      *waited = true;
    }
    Finalizer<>* f;
    bool* waited;
  };
  f = registry.Register(
      {}, [](const std::unique_ptr<Waits>&) {},
      std::unique_ptr<Waits>(new Waits{&f, &waited}));
  f.Run();
  EXPECT_TRUE(waited);
}

// at_exit is read and written while it is pending, and false once it is dead.
TEST(FinalizerTest, AtExitIsAFlagOfThePendingOne) {
  Registry registry;
  auto f = registry.Register([] {});
  auto off = registry.Register(finalize::Options().set_at_exit(false), [] {});
  EXPECT_TRUE(f.at_exit());  // the default
  EXPECT_FALSE(off.at_exit());
  f.set_at_exit(false);
  off.set_at_exit(true);
  EXPECT_FALSE(f.at_exit());
  EXPECT_TRUE(off.at_exit());
  off.Run();
  EXPECT_FALSE(off.at_exit());
  off.set_at_exit(true);
  EXPECT_FALSE(off.at_exit());
}

// C11: one finalizer runs another, out of order, by its handle; an exception
// of the inner one goes through the outer one.
TEST(FinalizerTest, CallbackRunsAnotherByItsHandle) {
  CapturedFailures failures;
  Registry registry;
  auto inner = registry.Register([] { throw 3; });
  auto outer = registry.Register([&] { inner.Run(); });
  EXPECT_THROW(outer.Run(), int);
  EXPECT_FALSE(inner.alive());
  EXPECT_FALSE(outer.alive());
}

}  // namespace
