// SPDX-License-Identifier: Apache-2.0

// What a callback may be: callables and bound arguments of every kind.
#include <array>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "finalize/finalizer.h"
#include "finalize/lifetime.h"
#include "finalize/registry.h"
#include "gtest/gtest.h"

namespace {

using finalize::Cause;
using finalize::Registry;

// The callback may take the cause first.
TEST(FinalizerCallbackTest, CallbackLearnsTheCause) {
  Registry registry;
  std::vector<Cause> causes;
  auto note = [&](const Cause& cause, int) { causes.push_back(cause); };
  registry.Register({}, note, 1).Run();
  registry.Register({}, note, 1);
  registry.Drain();
  registry.Register({}, note, 1);
  finalize::DrainOptions options;
  options.cause = Cause(Cause::Kind::kSignal, 15);
  registry.Drain(options);
  {
    finalize::Lifetime lifetime;
    registry.OnDestroy(lifetime, {}, note, 1);
  }
  const std::vector<Cause> expected = {Cause::Kind::kCall, Cause::Kind::kDrain,
                                       Cause(Cause::Kind::kSignal, 15),
                                       Cause::Kind::kDestroy};
  EXPECT_EQ(causes, expected);
}

// A callback that can be called without the cause does not get it.
TEST(FinalizerCallbackTest, VariadicCallbackGetsNoCause) {
  Registry registry;
  auto f = registry.Register(
      {}, [](auto... a) { return sizeof...(a); }, 1, 2);
  EXPECT_EQ(f.Run(), 2u);
}

// Callables and arguments that can only be moved.
TEST(FinalizerCallbackTest, MoveOnlyCallableAndArgumentsAreMovedIn) {
  Registry registry;
  auto f = registry.Register(
      {},
      [owned = std::make_unique<int>(1)](std::unique_ptr<int> argument) {
        return *owned + *argument;
      },
      std::make_unique<int>(2));
  EXPECT_EQ(f.Run(), 3);
}

// Arguments are bound as std::thread binds them: std::ref passes a reference.
TEST(FinalizerCallbackTest, ReferenceWrapperPassesAReference) {
  Registry registry;
  int value = 0;
  registry
      .Register(
          {}, [](int& v) { v = 9; }, std::ref(value))
      .Run();
  EXPECT_EQ(value, 9);
}

// A member function with its object.
TEST(FinalizerCallbackTest, MemberFunctionIsACallback) {
  struct Counter {
    int Add(int n) { return total += n; }
    int total = 1;
  };
  Registry registry;
  Counter counter;
  auto f = registry.Register({}, &Counter::Add, &counter, 4);
  EXPECT_EQ(f.Run(), 5);
}

// Callables larger than a node.
TEST(FinalizerCallbackTest, LargeCallableRuns) {
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
TEST(FinalizerCallbackTest, CallableOfEverySizeKeepsItsBytes) {
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
TEST(FinalizerCallbackTest, OverAlignedCallableIsAligned) {
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
TEST(FinalizerCallbackTest, AlignedCallableIsAlignedBehindALifetime) {
  finalize::Lifetime lifetime;
  Registry registry;
  EXPECT_EQ(registry.OnDestroy(lifetime, {}, Aligned16()).Run(), 0u);
}

// A constructor that throws while the callback is bound registers nothing.
TEST(FinalizerCallbackTest, ThrowingCopyRegistersNothing) {
  struct Throws {
    Throws() = default;
    Throws(const Throws&) { throw 1; }
  };
  Registry registry;
  Throws argument;
  EXPECT_THROW(registry.Register(
                   {}, [](const Throws&) {}, argument),
               int);
  EXPECT_EQ(registry.size(), 0u);
}

// C3: a result whose move throws has the fate of a callback that throws.
TEST(FinalizerCallbackTest, ThrowingMoveOfTheResultReachesTheCaller) {
  struct ThrowsOnMove {
    ThrowsOnMove() = default;
    ThrowsOnMove(ThrowsOnMove&&) { throw 5; }
  };
  Registry registry;
  auto f = registry.Register([] { return ThrowsOnMove(); });
  EXPECT_THROW(f.Run(), int);
  EXPECT_FALSE(f.alive());
}

}  // namespace
