// SPDX-License-Identifier: Apache-2.0

// Finalizer::Peek and PeekArguments (contract C5).
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "finalize/lifetime.h"
#include "finalize/registry.h"
#include "finalize/report.h"
#include "finalize/shared.h"
#include "gtest/gtest.h"
#include "tests/support/latch.h"

namespace {

using finalize::Finalizer;
using finalize::Info;
using finalize::Options;
using finalize::Registry;
using finalize_test::Latch;

// C5: what a peek shows.
TEST(PeekTest, ShowsThePendingOne) {
  Registry registry;
  const int line = __LINE__ + 1;
  const Options options = Options("peeked").set_phase(3).set_at_exit(false);
  auto f = registry.Register(
      options, [](int) {}, 77);
  std::optional<Info> info = f.Peek();
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->name, "peeked");
  EXPECT_EQ(info->place.line, line);
  EXPECT_EQ(info->phase, 3);
  EXPECT_FALSE(info->at_exit);
  EXPECT_GE(info->age, absl::ZeroDuration());
  EXPECT_GT(info->number, 0u);
  EXPECT_EQ(info->referent, nullptr);
  EXPECT_NE(info->callback.find("(77)"), std::string::npos);
  EXPECT_TRUE(f.alive());  // untouched
  EXPECT_TRUE(f.Run());
}

// C5: nothing of a dead one.
TEST(PeekTest, ShowsNothingOfADeadOne) {
  Registry registry;
  auto f = registry.Register(
      {}, [](int) {}, 1);
  f.Run();
  EXPECT_FALSE(f.Peek().has_value());
  EXPECT_FALSE(f.PeekArguments<int>().has_value());
  auto g = registry.Register([] {});
  auto detached = g.Detach();
  EXPECT_FALSE(g.Peek().has_value());
}

// C5: the age grows.
TEST(PeekTest, AgeGrows) {
  Registry registry;
  auto f = registry.Register([] {});
  const absl::Duration first = f.Peek()->age;
  absl::Duration later = first;
  while (later <= first) later = f.Peek()->age;
  EXPECT_LT(first, absl::Hours(1));
}

// C5: a strong pointer to a referent that is shared.
TEST(PeekTest, HoldsASharedReferent) {
  Registry registry;
  bool ran = false;
  auto shared = finalize::MakeShared<int>(5);
  int* const address = shared.get();
  auto f = registry.OnDestroy(shared, {}, [&] { ran = true; });
  std::optional<Info> info = f.Peek();
  EXPECT_EQ(info->referent.get(), address);
  shared.reset();
  EXPECT_FALSE(ran);  // the peek keeps it alive
  EXPECT_EQ(*static_cast<int*>(info->referent.get()), 5);
  info.reset();
  EXPECT_TRUE(ran);
}

// C5: the same for an adopted one, and none for a lifetime.
TEST(PeekTest, ReferentIsWhatIsOwned) {
  Registry registry;
  auto adopted = finalize::Adopt(std::make_unique<const std::string>("x"));
  auto f = registry.OnDestroy(adopted, {}, [] {});
  EXPECT_EQ(f.Peek()->referent.get(), adopted.get());
  finalize::Lifetime lifetime;
  auto g = registry.OnDestroy(lifetime, {}, [] {});
  EXPECT_EQ(g.Peek()->referent, nullptr);
}

// C5: while its referent dies, the rest is pending and has none.
TEST(PeekTest, DyingReferentIsNotShown) {
  Registry registry;
  auto shared = finalize::MakeShared<int>(1);
  auto older = registry.OnDestroy(shared, {}, [] {});
  bool checked = false;
  registry.OnDestroy(shared, {}, [&] {
    std::optional<Info> info = older.Peek();
    ASSERT_TRUE(info.has_value());
    EXPECT_EQ(info->referent, nullptr);
    checked = true;
  });
  shared.reset();
  EXPECT_TRUE(checked);
  EXPECT_FALSE(older.alive());
}

// C5: copies of the bound arguments, by their decayed types.
TEST(PeekTest, CopiesTheArguments) {
  Registry registry;
  const std::string text = "text";
  auto f = registry.Register(
      {}, [](auto&&...) {}, text, 5, "literal");
  auto arguments = f.PeekArguments<std::string, int, const char*>();
  ASSERT_TRUE(arguments.has_value());
  EXPECT_EQ(*arguments, std::make_tuple(text, 5, "literal"));
  EXPECT_TRUE(f.alive());
  auto none = registry.Register([] {});
  EXPECT_TRUE(none.PeekArguments<>().has_value());
}

// C5: nothing where these are not their types.
TEST(PeekTest, OtherTypesGiveNothing) {
  Registry registry;
  auto f = registry.Register(
      {}, [](auto&&...) {}, 1, 2);
  EXPECT_FALSE(f.PeekArguments<>().has_value());
  EXPECT_FALSE(f.PeekArguments<int>().has_value());
  EXPECT_FALSE((f.PeekArguments<int, long>().has_value()));
  EXPECT_FALSE((f.PeekArguments<int, int, int>().has_value()));
  EXPECT_TRUE((f.PeekArguments<int, int>().has_value()));
}

// C5: nor where they cannot be copied.
TEST(PeekTest, MoveOnlyArgumentsGiveNothing) {
  Registry registry;
  auto f = registry.Register(
      {}, [](const std::unique_ptr<int>&) {}, std::make_unique<int>(1));
  EXPECT_TRUE(f.Peek().has_value());  // but it can be shown
  EXPECT_NE(f.Peek()->callback.find("unique_ptr"), std::string::npos);
}

// A bound argument whose copy does what the test wants, from the second on.
struct OnCopy {
  explicit OnCopy(std::function<void()>* action_in) : action(action_in) {}
  OnCopy(const OnCopy& other) : action(other.action) {
    if (*action) (*action)();
  }
  OnCopy(OnCopy&& other) noexcept : action(other.action) {}
  std::function<void()>* action;
};

// C5: a claim during a peek wins at once, and starts when the peek has ended.
TEST(PeekTest, ClaimDuringAPeekWaitsForItsEnd) {
  Registry registry;
  bool ran_early = false;
  std::atomic<bool> copied{false};
  std::thread runner;
  Finalizer<> f;
  std::function<void()> action;
  f = registry.Register(
      {}, [&](const OnCopy&) { ran_early = !copied.load(); }, OnCopy(&action));
  action = [&] {
    runner = std::thread([&] { EXPECT_TRUE(f.Run()); });
    while (f.alive()) std::this_thread::yield();  // the claim has won
    EXPECT_FALSE(f.Run());
    EXPECT_FALSE(f.Detach());
    EXPECT_FALSE(f.Peek().has_value());
    copied.store(true);
  };
  EXPECT_TRUE(f.PeekArguments<OnCopy>().has_value());
  action = nullptr;
  runner.join();
  EXPECT_FALSE(ran_early);
}

// C5: the same for a detach, a drain and the end of the referent.
TEST(PeekTest, EveryClaimWaitsForThePeek) {
  for (int trigger = 0; trigger < 3; ++trigger) {
    Registry registry;
    auto lifetime = std::make_unique<finalize::Lifetime>();
    std::atomic<bool> copied{false};
    bool early = false;
    struct Dies {
      ~Dies() { *early |= !copied->load(); }
      std::atomic<bool>* copied;
      bool* early;
    };
    std::thread other;
    std::function<void()> action;
    Finalizer<> f = registry.OnDestroy(
        *lifetime, {}, [](const OnCopy&, const std::shared_ptr<Dies>&) {},
        OnCopy(&action), std::shared_ptr<Dies>(new Dies{&copied, &early}));
    action = [&] {
      other = std::thread([&] {
        if (trigger == 0) f.Detach();
        if (trigger == 1) registry.Drain();
        if (trigger == 2) lifetime.reset();
      });
      while (f.alive()) std::this_thread::yield();
      copied.store(true);
    };
    EXPECT_TRUE((f.PeekArguments<OnCopy, std::shared_ptr<Dies>>().has_value()));
    action = nullptr;
    other.join();
    EXPECT_FALSE(early) << trigger;
  }
}

// C5: peeks on several threads at once.
TEST(PeekTest, PeeksDoNotExcludeEachOther) {
  Registry registry;
  Latch both(2);
  std::function<void()> action;
  auto f = registry.Register(
      {}, [](const OnCopy&) {}, OnCopy(&action));
  action = [&] { both.Arrive(); };
  std::thread other([&] { f.PeekArguments<OnCopy>(); });
  f.PeekArguments<OnCopy>();
  other.join();
  action = nullptr;
  EXPECT_TRUE(f.Run());
}

// C5: a copy constructor may peek again, and use other finalizers.
TEST(PeekTest, CopyConstructorMayUseOthers) {
  Registry registry;
  Finalizer<> f;
  int runs = 0;
  std::function<void()> action;
  f = registry.Register(
      {}, [](const OnCopy&) {}, OnCopy(&action));
  action = [&] {
    EXPECT_TRUE(f.Peek().has_value());
    EXPECT_TRUE(f.alive());
    f.set_at_exit(false);
    registry.Register([&] { ++runs; }).Run();
  };
  f.PeekArguments<OnCopy>();
  action = nullptr;
  EXPECT_EQ(runs, 1);
  EXPECT_FALSE(f.at_exit());
}

// C5: one that throws leaves the finalizer pending.
TEST(PeekTest, ThrowingCopyReachesTheCaller) {
  Registry registry;
  std::function<void()> action;
  auto f = registry.Register(
      {}, [](const OnCopy&) {}, OnCopy(&action));
  action = [] { throw std::runtime_error("copy"); };
  EXPECT_THROW(f.PeekArguments<OnCopy>(), std::runtime_error);
  action = nullptr;
  EXPECT_TRUE(f.alive());
  EXPECT_TRUE(f.Run());
}

// C5: a copy constructor that claims the same finalizer dies with a message.
void ReenterBy(int trigger) {
  Registry registry;
  auto lifetime = std::make_unique<finalize::Lifetime>();
  Finalizer<> f;
  std::function<void()> action;
  f = registry.OnDestroy(
      *lifetime, {}, [](const OnCopy&) {}, OnCopy(&action));
  action = [&] {
    if (trigger == 0) f.Run();
    if (trigger == 1) f.Detach();
    if (trigger == 2) registry.Drain();
    if (trigger == 3) lifetime.reset();
  };
  f.PeekArguments<OnCopy>();
}
TEST(PeekDeathTest, CopyConstructorThatReentersDies) {
  for (int trigger = 0; trigger < 4; ++trigger) {
    EXPECT_DEATH(ReenterBy(trigger),
                 "finalize: a copy constructor of a bound argument claims the "
                 "finalizer")
        << trigger;
  }
}

// C5: nor may it wait for whoever claimed it: that one waits for the peek.
TEST(PeekDeathTest, CopyConstructorThatWaitsDies) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_DEATH(
      {
        Registry registry;
        Finalizer<> f;
        std::function<void()> action;
        f = registry.Register(
            {}, [](const OnCopy&) {}, OnCopy(&action));
        action = [&] {
          std::thread([&] { f.Run(); }).detach();
          while (f.alive()) std::this_thread::yield();
          f.Wait();
        };
        f.PeekArguments<OnCopy>();
      },
      "finalize: a copy constructor of a bound argument waits for the "
      "finalizer");
}

// C5, C12: it may move it to another registry, and so may anybody: the peek
// goes on there.
TEST(PeekTest, CopyConstructorMayMove) {
  Registry registry;
  Registry other;
  std::function<void()> action;
  auto f = registry.Register(
      {}, [](const OnCopy&) {}, OnCopy(&action));
  action = [&] { EXPECT_TRUE(registry.MoveTo(other).ok()); };
  EXPECT_TRUE(f.PeekArguments<OnCopy>());
  action = nullptr;
  EXPECT_EQ(registry.size(), 0u);
  EXPECT_EQ(other.size(), 1u);
  EXPECT_TRUE(f.Detach());  // would hang here if the peek had no end
}

}  // namespace
