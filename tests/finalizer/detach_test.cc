// SPDX-License-Identifier: Apache-2.0

// Finalizer::Detach (contract C1, C4, C7).
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "finalize/lifetime.h"
#include "finalize/registry.h"
#include "gtest/gtest.h"
#include "tests/support/captured_failures.h"

namespace {

using finalize::Finalizer;
using finalize::Registry;
using finalize_test::CapturedFailures;

// C4: the callable comes back with its arguments, to be called by its owner.
TEST(DetachTest, GivesTheCallbackBack) {
  Registry registry;
  auto f = registry.Register(
      {}, [](std::string a, std::unique_ptr<int> b) { return a.size() + *b; },
      std::string("four"), std::make_unique<int>(3));
  absl::AnyInvocable<size_t()&&> callback = f.Detach();
  EXPECT_FALSE(f.alive());
  EXPECT_EQ(registry.size(), 0u);
  EXPECT_EQ(registry.Drain().ran, 0u);  // the library never runs it
  EXPECT_EQ(std::move(callback)(), 7u);
}

// C4: empty where somebody else won.
TEST(DetachTest, IsEmptyForTheLoser) {
  Registry registry;
  auto f = registry.Register([] {});
  f.Run();
  EXPECT_FALSE(f.Detach());
  auto g = registry.Register([] {});
  EXPECT_TRUE(g.Detach());
  EXPECT_FALSE(g.Detach());
}

// C7: callback and arguments die with the callable.
TEST(DetachTest, ArgumentsDieWithTheCallable) {
  Registry registry;
  auto bound = std::make_shared<int>();
  auto f = registry.Register(
      {}, [](const std::shared_ptr<int>&) {}, bound);
  {
    auto callback = f.Detach();
    EXPECT_EQ(bound.use_count(), 2);
    auto moved = std::move(callback);
    EXPECT_EQ(bound.use_count(), 2);
  }
  EXPECT_EQ(bound.use_count(), 1);
}

// C4: unused, it is never run.
TEST(DetachTest, DroppedCallableIsNotRun) {
  Registry registry;
  bool ran = false;
  registry.Register([&] { ran = true; }).Detach();
  registry.Drain();
  EXPECT_FALSE(ran);
}

// C4: it outlives the registry, the referent and the thread.
TEST(DetachTest, CallableOutlivesEverything) {
  absl::AnyInvocable<int() &&> callback;
  std::thread([&] {
    Registry registry;
    finalize::Lifetime lifetime;
    callback = registry.OnDestroy(lifetime, {}, [] { return 8; }).Detach();
  }).join();
  EXPECT_EQ(std::move(callback)(), 8);
}

// C4: the end of the referent finds nothing.
TEST(DetachTest, EndOfTheLifetimeFindsNothing) {
  bool ran = false;
  {
    finalize::Lifetime lifetime;
    finalize::OnDestroy(lifetime, [&] { ran = true; }).Detach();
  }
  EXPECT_FALSE(ran);
}

// C4: its exception and its status go to the caller.
TEST(DetachTest, CallerSeesTheFailure) {
  CapturedFailures failures;
  Registry registry;
  auto thrower = registry.Register([] { throw 4; }).Detach();
  EXPECT_THROW(std::move(thrower)(), int);
  auto status = registry.Register([] { return absl::AbortedError("x"); });
  EXPECT_EQ(status.Detach()(), absl::AbortedError("x"));
  EXPECT_EQ(failures.size(), 0u);
}

// A result that can only be moved, and one by value of a reference.
TEST(DetachTest, ResultIsReturned) {
  Registry registry;
  auto owned = registry.Register([] { return std::make_unique<int>(6); });
  EXPECT_EQ(*owned.Detach()(), 6);
}

// C2: while it is detached its storage is nobody else's.
TEST(DetachTest, StorageIsKeptWhileDetached) {
  Registry registry;
  auto callback =
      registry
          .Register(
              {}, [](std::string s) { return s; }, std::string("kept"))
          .Detach();
  for (int i = 0; i < 1000; ++i) {
    registry.Register(
        {}, [](std::string s) { return s; }, std::string("other"));
  }
  EXPECT_EQ(std::move(callback)(), "kept");
}

// C4: from anywhere among the pending, the others keep their order.
TEST(DetachTest, OthersKeepTheirOrder) {
  std::string order;
  Registry registry;
  std::vector<Finalizer<>> all;
  for (char c = 'a'; c <= 'i'; ++c) {
    all.push_back(registry.Register([&order, c] { order += c; }));
  }
  for (int i : {8, 0, 4, 3}) EXPECT_TRUE(all[i].Detach());
  registry.Drain();
  EXPECT_EQ(order, "hgfcb");
}

}  // namespace
