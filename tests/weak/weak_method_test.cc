// SPDX-License-Identifier: Apache-2.0

// WeakMethod: dead when its object is (contract C34).
#include "finalize/weak_method.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <unordered_set>
#include <utility>

#include "absl/hash/hash.h"
#include "finalize/shared.h"
#include "gtest/gtest.h"
#include "tests/support/event_log.h"

namespace {

using finalize::MakeShared;
using finalize::WeakMethod;
using finalize_test::EventLog;

struct Counter {
  int Add(int n) { return total += n; }
  int Total() const { return total; }
  void Clear() noexcept { total = 0; }
  int* Where(std::unique_ptr<int> n) { return &(total = *n); }
  virtual int Kind() const { return 1; }
  virtual ~Counter() = default;
  int total = 0;
};
struct Odd {
  virtual ~Odd() = default;
  int odd = 3;
};
struct Derived : Odd, Counter {
  int Kind() const override { return 2; }
};

int Twice(const Counter& counter) { return 2 * counter.total; }

// C34: an optional; for void whether it ran.
TEST(WeakMethodTest, CallGivesAnOptional) {
  auto counter = MakeShared<Counter>();
  const WeakMethod<int(int)> add(counter, &Counter::Add);
  const WeakMethod<void()> clear(counter, &Counter::Clear);
  EXPECT_EQ(add(3), std::optional<int>(3));
  EXPECT_EQ(add(4), std::optional<int>(7));
  EXPECT_TRUE(clear());
  EXPECT_EQ(counter->total, 0);
  static_assert(std::is_same_v<decltype(clear()), bool>);
}

// C34: dead when its object is.
TEST(WeakMethodTest, DiesWithItsObject) {
  auto counter = MakeShared<Counter>();
  const WeakMethod<int(int)> add(counter, &Counter::Add);
  const WeakMethod<void()> clear(counter, &Counter::Clear);
  EXPECT_EQ(counter.use_count(), 1);
  EXPECT_FALSE(add.expired());
  counter.reset();
  EXPECT_TRUE(add.expired());
  EXPECT_EQ(add(3), std::nullopt);
  EXPECT_FALSE(clear());
  EXPECT_EQ(WeakMethod<int(int)>()(3), std::nullopt);
}

// C34: of any shared_ptr; const and virtual methods, data and functions.
TEST(WeakMethodTest, TakesWhatTakesTheObject) {
  std::shared_ptr<Derived> derived = std::make_shared<Derived>();
  std::shared_ptr<const Counter> counter = derived;
  derived->total = 5;
  EXPECT_EQ(WeakMethod<int()>(counter, &Counter::Total)(), 5);
  EXPECT_EQ(WeakMethod<int()>(derived, &Counter::Total)(), 5);
  EXPECT_EQ(WeakMethod<int()>(counter, &Counter::Kind)(), 2);
  EXPECT_EQ(WeakMethod<int()>(counter, &Counter::total)(), 5);
  EXPECT_EQ(WeakMethod<int()>(counter, &Twice)(), 10);
  EXPECT_EQ(WeakMethod<long()>(counter, &Counter::Total)(), 5);
  static_assert(!std::is_constructible_v<WeakMethod<int(int)>,
                                         std::shared_ptr<const Counter>,
                                         decltype(&Counter::Add)>);
}

TEST(WeakMethodTest, MovesItsArguments) {
  auto counter = MakeShared<Counter>();
  WeakMethod<int*(std::unique_ptr<int>)> where(counter, &Counter::Where);
  EXPECT_EQ(where(std::make_unique<int>(9)), &counter->total);
  EXPECT_EQ(counter->total, 9);
}

// C34: a call pins the object.
TEST(WeakMethodTest, CallPins) {
  struct Ends {
    ~Ends() { log->Add("destructor"); }
    void End(std::shared_ptr<Ends>* owner) {
      owner->reset();
      log->Add("called");
    }
    EventLog* log;
  };
  EventLog log;
  std::shared_ptr<Ends> ends(new Ends{&log});
  const WeakMethod<void(std::shared_ptr<Ends>*)> end(ends, &Ends::End);
  EXPECT_TRUE(end(&ends));
  EXPECT_EQ(log.Text(), "called destructor");
}

// C34: Lock gives the bound method, or nothing.
TEST(WeakMethodTest, LockBindsTheObject) {
  auto counter = MakeShared<Counter>();
  const WeakMethod<int(int)> add(counter, &Counter::Add);
  std::function<int(int)> bound = add.Lock();
  counter.reset();
  EXPECT_FALSE(add.expired());  // the bound one owns it
  EXPECT_EQ(bound(2), 2);
  bound = nullptr;
  EXPECT_TRUE(add.expired());
  EXPECT_FALSE(static_cast<bool>(add.Lock()));
}

// C34: equality is by identity of the object and by the method.
TEST(WeakMethodTest, EqualMeansSameObjectAndMethod) {
  auto one = MakeShared<Counter>();
  auto other = MakeShared<Counter>();
  using Method = WeakMethod<int()>;
  const Method total(one, &Counter::Total);
  const Method same(one, &Counter::Total);
  const Method kind(one, &Counter::Kind);
  const Method of_other(other, &Counter::Total);
  const Method function(one, &Twice);
  EXPECT_EQ(total, same);
  EXPECT_NE(total, kind);
  EXPECT_NE(total, of_other);
  EXPECT_NE(total, function);
  EXPECT_NE(total, Method());
  EXPECT_EQ(absl::HashOf(total), absl::HashOf(same));
  EXPECT_NE(absl::HashOf(total), absl::HashOf(of_other));
  // It does not change with the death.
  const std::unordered_set<Method> set = {total, kind};
  one.reset();
  EXPECT_EQ(total, same);
  EXPECT_EQ(set.count(same), 1u);
}

// C34: whether the object was given as itself, as its base or as const.
TEST(WeakMethodTest, EqualityDoesNotDependOnTheStaticType) {
  struct Loud : Counter {};
  using Method = WeakMethod<int()>;
  const auto loud = MakeShared<Loud>();
  const std::shared_ptr<Counter> base = loud;
  const Method by_itself(loud, &Counter::Total);
  const Method by_base(base, &Counter::Total);
  EXPECT_EQ(by_itself, by_base);
  EXPECT_EQ(absl::HashOf(by_itself), absl::HashOf(by_base));
  EXPECT_NE(by_itself, Method(base, &Counter::Kind));
  EXPECT_EQ(Method(), Method());
}

// C34: what is moved from is dead, and equals one that never had an object.
TEST(WeakMethodTest, MovedFromEqualsTheEmptyOne) {
  using Method = WeakMethod<int()>;
  const auto one = MakeShared<Counter>();
  Method total(one, &Counter::Total);
  Method moved(std::move(total));
  EXPECT_EQ(total, Method());
  EXPECT_EQ(total.hash(), Method().hash());
  EXPECT_EQ(total(), std::nullopt);
  EXPECT_EQ(moved, Method(one, &Counter::Total));
  total = std::move(moved);
  EXPECT_EQ(moved, Method());
  EXPECT_EQ(total(), 0);
  Method& itself = total;
  total = std::move(itself);
  EXPECT_EQ(total(), 0);
}

// The callback gets the method, once.
TEST(WeakMethodTest, CallbackGetsTheMethod) {
  EventLog log;
  auto counter = MakeShared<Counter>();
  const WeakMethod<int()> total(counter, &Counter::Total,
                                [&](const WeakMethod<int()>& self) {
                                  log.Add(self.expired() ? "dead" : "alive");
                                });
  EXPECT_TRUE(total.has_callback());
  counter.reset();
  EXPECT_EQ(log.Text(), "dead");
}

TEST(WeakMethodTest, CallbackIsDestroyedWithTheMethod) {
  EventLog log;
  auto counter = MakeShared<Counter>();
  { const WeakMethod<int()> total(counter, &Counter::Total, log.Adds("no")); }
  counter.reset();
  EXPECT_EQ(log.Text(), "");
}

}  // namespace
