// Finalizer: the claim, the result, the handle (contract C1-C3, C6-C8).
#include "finalize/finalizer.h"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

#include "absl/hash/hash.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "finalize/lifetime.h"
#include "finalize/registry.h"
#include "gtest/gtest.h"
#include "tests/captured_failures.h"
#include "tests/latch.h"

namespace {

using finalize::Cause;
using finalize::Finalizer;
using finalize::Registry;

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
  drained = registry.Register(check, &drained);
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
      [](const std::string& a, int b) { return a + std::to_string(b); },
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
  f = registry.Register([](const std::unique_ptr<Waits>&) {},
                        std::unique_ptr<Waits>(new Waits{&f, &waited}));
  f.Run();
  EXPECT_TRUE(waited);
}

// C6: dropping every handle leaves the callback registered.
TEST(FinalizerTest, DroppedHandleChangesNothing) {
  int runs = 0;
  Registry registry;
  {
    const auto f = registry.Register([&] { ++runs; });
    (void)f;
  }
  EXPECT_EQ(registry.size(), 1u);
  registry.Drain();
  EXPECT_EQ(runs, 1);
}

// C6: copies are handles to the same finalizer.
TEST(FinalizerTest, CopiesShareTheClaim) {
  Registry registry;
  auto f = registry.Register([] {});
  Finalizer<> copy = f;
  EXPECT_TRUE(copy.alive());
  EXPECT_TRUE(copy.Run());
  EXPECT_FALSE(f.alive());
}

// C6: equality and hash are identity.
TEST(FinalizerTest, EqualityIsIdentity) {
  Registry registry;
  auto callback = [] {};
  auto a = registry.Register(callback);
  auto b = registry.Register(callback);
  Finalizer<> copy = a;
  EXPECT_TRUE(copy == a);
  EXPECT_TRUE(a != b);  // the same callback, registered twice
  EXPECT_TRUE(Finalizer<>() == Finalizer<>());
  EXPECT_TRUE(a != Finalizer<>());
  std::unordered_set<Finalizer<>, absl::Hash<Finalizer<>>> set = {a, b, copy};
  EXPECT_EQ(set.size(), 2u);
  a.Run();
  EXPECT_TRUE(copy == a);  // as before, now that it is dead
  EXPECT_EQ(set.count(copy), 1u);
}

// C6: an old handle does not mean whatever takes the storage over.
TEST(FinalizerTest, StaleHandleStaysDead) {
  Registry registry;
  int stale_runs = 0;
  auto callback = [&] { ++stale_runs; };
  auto old = registry.Register(callback);
  const uint64_t number = old.Peek()->number;
  old.Run();
  Finalizer<> next;
  do {  // until the storage is used again
    next.Detach();
    next = registry.Register(callback);
  } while (next.Peek()->number != number);
  EXPECT_TRUE(old != next);
  EXPECT_FALSE(old.alive());
  EXPECT_FALSE(old.Run());
  EXPECT_FALSE(old.Detach());
  EXPECT_EQ(old.Peek(), std::nullopt);
  old.set_at_exit(false);
  EXPECT_TRUE(next.at_exit());  // not touched through the old one
  EXPECT_TRUE(next.alive());
  EXPECT_EQ(stale_runs, 1);
}

// C6: handles outlive the registry and the referent.
TEST(FinalizerTest, HandleOutlivesRegistryAndReferent) {
  auto registry = std::make_unique<Registry>();
  auto lifetime = std::make_unique<finalize::Lifetime>();
  auto drained = registry->Register([] { return 1; });
  auto destroyed = registry->OnDestroy(*lifetime, {}, [] {});
  lifetime.reset();
  registry.reset();
  EXPECT_FALSE(drained.alive());
  EXPECT_FALSE(destroyed.alive());
  EXPECT_EQ(drained.Run(), std::nullopt);
  EXPECT_FALSE(drained.Detach());
  EXPECT_EQ(drained.Peek(), std::nullopt);
  drained.Wait();
  drained.set_at_exit(true);
  EXPECT_FALSE(drained.at_exit());
}

// C6: a handle made from nothing.
TEST(FinalizerTest, DefaultHandleIsDead) {
  Finalizer<int> f;
  EXPECT_FALSE(f.alive());
  EXPECT_EQ(f.Run(), std::nullopt);
  EXPECT_FALSE(f.Detach());
  EXPECT_EQ(f.Peek(), std::nullopt);
  EXPECT_FALSE(f.PeekArguments<int>().has_value());
  EXPECT_FALSE(f.at_exit());
  f.set_at_exit(true);
  EXPECT_FALSE(f.at_exit());
}

// C7: callback and arguments are gone when Run returns.
TEST(FinalizerTest, RunDestroysCallbackAndArguments) {
  Registry registry;
  auto captured = std::make_shared<int>();
  auto bound = std::make_shared<int>();
  std::weak_ptr<int> captured_watch = captured, bound_watch = bound;
  auto f = registry.Register(
      [captured = std::move(captured)](const std::shared_ptr<int>&) {},
      std::move(bound));
  EXPECT_FALSE(captured_watch.expired());
  f.Run();
  EXPECT_TRUE(captured_watch.expired());
  EXPECT_TRUE(bound_watch.expired());
}

// C7: also where the callback throws.
TEST(FinalizerTest, ThrowingRunDestroysTheArguments) {
  Registry registry;
  auto bound = std::make_shared<int>();
  auto f =
      registry.Register([](const std::shared_ptr<int>&) { throw 1; }, bound);
  EXPECT_THROW(f.Run(), int);
  EXPECT_EQ(bound.use_count(), 1);
}

// C7: a drain destroys each before it runs the next.
TEST(FinalizerTest, DrainDestroysEachCallbackBeforeTheNextRuns) {
  Registry registry;
  auto bound = std::make_shared<int>();
  long uses_seen = 0;
  registry.Register([&] { uses_seen = bound.use_count(); });
  registry.Register([](const std::shared_ptr<int>&) {}, bound);
  registry.Drain();
  EXPECT_EQ(uses_seen, 1);
}

// C7: no lock is held while arguments are destroyed: their destructor may use
// the registry.
TEST(FinalizerTest, DestructorOfAnArgumentMayUseTheRegistry) {
  int runs = 0;
  Registry registry;
  struct Reenters {
    Reenters(Registry* r, int* n) : registry(r), runs(n) {}
    ~Reenters() {
      registry->Register([n = runs] { ++*n; }).Run();
      registry->Register([] {}).Detach();
      registry->Drain();
      registry->size();
    }
    Registry* registry;
    int* runs;
  };
  registry
      .Register([](const std::unique_ptr<Reenters>&) {},
                std::make_unique<Reenters>(&registry, &runs))
      .Run();
  EXPECT_EQ(runs, 1);
  registry.Register([](const std::unique_ptr<Reenters>&) {},
                    std::make_unique<Reenters>(&registry, &runs));
  registry.Drain();
  EXPECT_EQ(runs, 2);
}

// The callback may take the cause first.
TEST(FinalizerTest, CallbackLearnsTheCause) {
  Registry registry;
  std::vector<Cause> causes;
  auto note = [&](const Cause& cause, int) { causes.push_back(cause); };
  registry.Register(note, 1).Run();
  registry.Register(note, 1);
  registry.Drain();
  registry.Register(note, 1);
  finalize::DrainOptions options;
  options.cause = Cause(Cause::kSignal, 15);
  registry.Drain(options);
  {
    finalize::Lifetime lifetime;
    registry.OnDestroy(lifetime, {}, note, 1);
  }
  const std::vector<Cause> expected = {
      Cause::kCall, Cause::kDrain, Cause(Cause::kSignal, 15), Cause::kDestroy};
  EXPECT_EQ(causes, expected);
}

// A callback that can be called without the cause does not get it.
TEST(FinalizerTest, VariadicCallbackGetsNoCause) {
  Registry registry;
  auto f = registry.Register([](auto... a) { return sizeof...(a); }, 1, 2);
  EXPECT_EQ(f.Run(), 2u);
}

// Callables and arguments that can only be moved.
TEST(FinalizerTest, MoveOnlyCallableAndArgumentsAreMovedIn) {
  Registry registry;
  auto f = registry.Register(
      [owned = std::make_unique<int>(1)](std::unique_ptr<int> argument) {
        return *owned + *argument;
      },
      std::make_unique<int>(2));
  EXPECT_EQ(f.Run(), 3);
}

// Arguments are bound as std::thread binds them: std::ref passes a reference.
TEST(FinalizerTest, ReferenceWrapperPassesAReference) {
  Registry registry;
  int value = 0;
  registry.Register([](int& v) { v = 9; }, std::ref(value)).Run();
  EXPECT_EQ(value, 9);
}

// A member function with its object.
TEST(FinalizerTest, MemberFunctionIsACallback) {
  struct Counter {
    int Add(int n) { return total += n; }
    int total = 1;
  };
  Registry registry;
  Counter counter;
  auto f = registry.Register(&Counter::Add, &counter, 4);
  EXPECT_EQ(f.Run(), 5);
}

// Callables larger than a node.
TEST(FinalizerTest, LargeCallableRuns) {
  Registry registry;
  std::array<char, 5000> large;
  large.fill('x');
  auto f = registry.Register(finalize::Options("large"), [large] {
    return std::string(large.begin(), large.end());
  });
  EXPECT_EQ(f.Peek()->name, "large");
  EXPECT_EQ(f.Run(), std::string(5000, 'x'));
}

// Callables of every size up to and beyond the largest node.
template <size_t kSize>
void CheckSize(Registry* registry) {
  std::array<unsigned char, kSize> bytes;
  bytes.fill(static_cast<unsigned char>(kSize));
  finalize::Lifetime lifetime;
  const std::string name(300, 'n');
  auto f = registry->OnDestroy(lifetime, finalize::Options(name), [bytes] {
    for (unsigned char byte : bytes) {
      if (byte != static_cast<unsigned char>(kSize)) return false;
    }
    return true;
  });
  EXPECT_EQ(f.Peek()->name, std::string(255, 'n')) << kSize;
  EXPECT_EQ(f.Run(), true) << kSize;
}
TEST(FinalizerTest, CallableOfEverySizeKeepsItsBytes) {
  Registry registry;
  CheckSize<1>(&registry);
  CheckSize<24>(&registry);
  CheckSize<96>(&registry);
  CheckSize<200>(&registry);
  CheckSize<448>(&registry);
  CheckSize<503>(&registry);
  CheckSize<504>(&registry);
  CheckSize<512>(&registry);
  CheckSize<513>(&registry);
  CheckSize<1024>(&registry);
}

// Callables that ask for more alignment than a node has.
struct alignas(256) OverAligned {
  uintptr_t operator()() { return reinterpret_cast<uintptr_t>(this) % 256; }
};
TEST(FinalizerTest, OverAlignedCallableIsAligned) {
  Registry registry;
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(registry.Register(OverAligned()).Run(), 0u);
  }
  auto detached = registry.Register(OverAligned()).Detach();
  EXPECT_EQ(std::move(detached)(), 0u);
}
struct alignas(16) Aligned16 {
  uintptr_t operator()() { return reinterpret_cast<uintptr_t>(this) % 16; }
};
TEST(FinalizerTest, AlignedCallableIsAlignedBehindALifetime) {
  finalize::Lifetime lifetime;
  Registry registry;
  EXPECT_EQ(registry.OnDestroy(lifetime, {}, Aligned16()).Run(), 0u);
}

// A constructor that throws while the callback is bound registers nothing.
TEST(FinalizerTest, ThrowingCopyRegistersNothing) {
  struct Throws {
    Throws() = default;
    Throws(const Throws&) { throw 1; }
  };
  Registry registry;
  Throws argument;
  EXPECT_THROW(registry.Register([](const Throws&) {}, argument), int);
  EXPECT_EQ(registry.size(), 0u);
}

// C3: a result whose move throws has the fate of a callback that throws.
TEST(FinalizerTest, ThrowingMoveOfTheResultReachesTheCaller) {
  struct ThrowsOnMove {
    ThrowsOnMove() = default;
    ThrowsOnMove(ThrowsOnMove&&) { throw 5; }
  };
  Registry registry;
  auto f = registry.Register([] { return ThrowsOnMove(); });
  EXPECT_THROW(f.Run(), int);
  EXPECT_FALSE(f.alive());
}

// at_exit is read and written while it is pending, and false once it is dead.
TEST(FinalizerTest, AtExitIsAFlagOfThePendingOne) {
  Registry registry;
  auto f = registry.Register([] {});
  auto off = registry.Register(finalize::Options().AtExit(false), [] {});
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
