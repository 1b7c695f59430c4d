// SPDX-License-Identifier: Apache-2.0

// Finalizer: handles, and how long the callback lives (contract C6, C7).
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

#include "absl/hash/hash.h"
#include "finalize/finalizer.h"
#include "finalize/lifetime.h"
#include "finalize/options.h"
#include "finalize/registry.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/event_log.h"
#include "tests/support/latch.h"

namespace {

using finalize::Finalizer;
using finalize::Registry;
using finalize_test::EventLog;
using finalize_test::Latch;
using testing::HasSubstr;
using testing::MatchesRegex;

// C6: dropping every handle leaves the callback registered.
TEST(FinalizerHandleTest, DroppedHandleChangesNothing) {
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
TEST(FinalizerHandleTest, CopiesShareTheClaim) {
  Registry registry;
  auto f = registry.Register([] {});
  Finalizer<> copy = f;
  EXPECT_TRUE(copy.alive());
  EXPECT_TRUE(copy.Run());
  EXPECT_FALSE(f.alive());
}

// C6: equality and hash are identity.
TEST(FinalizerHandleTest, EqualityIsIdentity) {
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

// C6: std::hash goes with it, too.
TEST(FinalizerHandleTest, StandardHashGoesWithEquality) {
  Registry registry;
  const auto a = registry.Register([] {});
  const auto b = registry.Register([] {});
  const auto with_result = registry.Register([] { return 1; });
  const std::unordered_set<Finalizer<>> set = {a, b, a, Finalizer<>()};
  EXPECT_EQ(set.size(), 3u);
  EXPECT_EQ(set.count(a), 1u);
  EXPECT_NE(std::hash<Finalizer<>>()(a), std::hash<Finalizer<>>()(b));
  const std::unordered_set<Finalizer<int>> other = {with_result};
  EXPECT_EQ(other.count(with_result), 1u);
}

// C6: handles of all results fit in one vector, and are equal to what they
// were made from.
TEST(FinalizerHandleTest, ConvertsToOneWithoutResult) {
  EventLog log;
  Registry registry;
  const Finalizer<int> number = registry.Register([&log] {
    log.Add("number");
    return 1;
  });
  const Finalizer<std::string> text = registry.Register([&log] {
    log.Add("text");
    return std::string("dropped");
  });
  std::vector<Finalizer<>> all = {number, text, registry.Register([] {})};
  EXPECT_TRUE(all[0] == number);
  EXPECT_TRUE(all[1] != number);
  EXPECT_TRUE(all[0].Run());  // its result is dropped
  EXPECT_FALSE(number.alive());
  EXPECT_EQ(number.Run(), std::nullopt);
  auto callback = all[1].Detach();
  ASSERT_TRUE(callback);
  std::move(callback)();
  EXPECT_EQ(log.Text(), "number text");
}

// C3: it is running from the claim until its callback has returned, for every
// thread.
TEST(FinalizerHandleTest, RunningWhileItRuns) {
  Registry registry;
  Finalizer<> f;
  Latch started, may_end;
  bool inside = false;
  f = registry.Register([&] {
    inside = f.running();
    started.CountDown();
    may_end.Wait();
  });
  EXPECT_FALSE(f.running());
  std::thread thread([&] { f.Run(); });
  started.Wait();
  EXPECT_TRUE(f.running());
  may_end.CountDown();
  thread.join();
  EXPECT_TRUE(inside);
  EXPECT_FALSE(f.running());
  EXPECT_FALSE(Finalizer<>().running());
}

std::string TextOf(const Finalizer<>& f) {
  std::ostringstream text;
  text << f;
  return text.str();
}

// C26: the text of a handle says what becomes of its finalizer.
TEST(FinalizerHandleTest, TextShowsTheState) {
  Registry registry;
  Finalizer<> f;
  std::string inside;
  f = registry.Register(
      finalize::Options("clean up").set_place({"a.cc", 7}).set_phase(3),
      [&](int) { inside = TextOf(f); }, 5);
  EXPECT_THAT(TextOf(f),
              MatchesRegex(R"(pending #[0-9]+ phase 3 \+[0-9.a-z]+ a\.cc:7 )"
                           R"("clean up" .*)"));
  f.Run();
  EXPECT_THAT(inside,
              MatchesRegex(R"(running #[0-9]+ phase 3 a\.cc:7 "clean up")"));
  EXPECT_EQ(TextOf(f), "dead");
  EXPECT_EQ(f.ToString(), "dead");
  EXPECT_EQ(TextOf(Finalizer<>()), "dead");
}

// C26: the same through Abseil's way to text.
TEST(FinalizerHandleTest, AbslStringifyGivesTheText) {
  struct Sink {
    void Append(const std::string& more) { text += more; }
    std::string text;
  };
  Registry registry;
  Sink sink;
  AbslStringify(sink, registry.Register("named", [] { return 1; }));
  EXPECT_THAT(sink.text, HasSubstr("\"named\""));
}

// C6: an old handle does not mean whatever takes the storage over.
TEST(FinalizerHandleTest, StaleHandleStaysDead) {
  int stale_runs = 0;
  auto callback = [&] { ++stale_runs; };
  Registry registry;
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
TEST(FinalizerHandleTest, HandleOutlivesRegistryAndReferent) {
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
TEST(FinalizerHandleTest, DefaultHandleIsDead) {
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
TEST(FinalizerStorageTest, RunDestroysCallbackAndArguments) {
  Registry registry;
  auto captured = std::make_shared<int>();
  auto bound = std::make_shared<int>();
  std::weak_ptr<int> captured_watch = captured, bound_watch = bound;
  auto f = registry.Register(
      {}, [captured = std::move(captured)](const std::shared_ptr<int>&) {},
      std::move(bound));
  EXPECT_FALSE(captured_watch.expired());
  f.Run();
  EXPECT_TRUE(captured_watch.expired());
  EXPECT_TRUE(bound_watch.expired());
}

// C7: also where the callback throws.
TEST(FinalizerStorageTest, ThrowingRunDestroysTheArguments) {
  Registry registry;
  auto bound = std::make_shared<int>();
  auto f = registry.Register(
      {}, [](const std::shared_ptr<int>&) { throw 1; }, bound);
  EXPECT_THROW(f.Run(), int);
  EXPECT_EQ(bound.use_count(), 1);
}

// C7: a drain destroys each before it runs the next.
TEST(FinalizerStorageTest, DrainDestroysEachCallbackBeforeTheNextRuns) {
  Registry registry;
  auto bound = std::make_shared<int>();
  long uses_seen = 0;
  registry.Register([&] { uses_seen = bound.use_count(); });
  registry.Register(
      {}, [](const std::shared_ptr<int>&) {}, bound);
  registry.Drain();
  EXPECT_EQ(uses_seen, 1);
}

// C7: no lock is held while arguments are destroyed: their destructor may use
// the registry.
TEST(FinalizerStorageTest, DestructorOfAnArgumentMayUseTheRegistry) {
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
      .Register(
          {}, [](const std::unique_ptr<Reenters>&) {},
          std::make_unique<Reenters>(&registry, &runs))
      .Run();
  EXPECT_EQ(runs, 1);
  registry.Register(
      {}, [](const std::unique_ptr<Reenters>&) {},
      std::make_unique<Reenters>(&registry, &runs));
  registry.Drain();
  EXPECT_EQ(runs, 2);
}

}  // namespace
