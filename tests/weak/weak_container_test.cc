// SPDX-License-Identifier: Apache-2.0

// What holds for every weak container: iteration, growth, ends (contract C33).
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "finalize/lifetime.h"
#include "finalize/shared.h"
#include "finalize/weak_key_map.h"
#include "finalize/weak_set.h"
#include "finalize/weak_value_map.h"
#include "gtest/gtest.h"

namespace {

using finalize::MakeShared;
using finalize::WeakKeyMap;
using finalize::WeakSet;
using finalize::WeakValueMap;
using Pointer = std::shared_ptr<int>;

struct ValueMap : WeakValueMap<int, int> {
  void Put(const Pointer& p) { insert_or_assign(*p, p); }
  void Take(const Pointer& p) { erase(*p); }
  bool Has(const Pointer& p) const { return contains(*p); }
  static int NumberOf(const value_type& item) { return *item.second; }
};
struct KeyMap : WeakKeyMap<int, std::string> {
  void Put(const Pointer& p) { insert_or_assign(p, "value"); }
  void Take(const Pointer& p) { erase(p); }
  bool Has(const Pointer& p) const { return contains(p); }
  static int NumberOf(const value_type& item) { return *item.first; }
};
struct Set : WeakSet<int> {
  void Put(const Pointer& p) { insert(p); }
  void Take(const Pointer& p) { erase(p); }
  bool Has(const Pointer& p) const { return contains(p); }
  static int NumberOf(const value_type& item) { return *item; }
};

// The numbers 0, 1, ... as objects of the library's, or of std::make_shared.
std::vector<Pointer> Numbers(int count, bool foreign = false) {
  std::vector<Pointer> numbers;
  for (int i = 0; i < count; ++i) {
    numbers.push_back(foreign ? std::make_shared<int>(i) : MakeShared<int>(i));
  }
  return numbers;
}

template <class Container>
class WeakContainerTest : public testing::Test {
 protected:
  void Fill(const std::vector<Pointer>& numbers) {
    for (const Pointer& number : numbers) container_.Put(number);
  }
  // The numbers that an iteration sees; calls step(number) at each.
  std::vector<int> Iterate(const std::function<void(int)>& step = {}) {
    std::vector<int> seen;
    for (auto&& item : container_) {
      seen.push_back(Container::NumberOf(item));
      if (step) step(seen.back());
    }
    return seen;
  }
  Container container_;
};
using Containers = testing::Types<ValueMap, KeyMap, Set>;
TYPED_TEST_SUITE(WeakContainerTest, Containers);

using Seen = std::vector<int>;

TYPED_TEST(WeakContainerTest, IteratesInOrderOfInsertion) {
  auto numbers = Numbers(5);
  this->Fill(numbers);
  this->container_.Take(numbers[1]);
  this->container_.Put(numbers[1]);
  EXPECT_EQ(this->Iterate(), (Seen{0, 2, 3, 4, 1}));
}

// C33: entries may die while it goes on, whoever tells of it.
TYPED_TEST(WeakContainerTest, IterationSkipsWhatDies) {
  for (const bool foreign : {false, true}) {
    auto numbers = Numbers(5, foreign);
    this->container_.clear();
    this->Fill(numbers);
    const auto kill_neighbors = [&](int at) {
      if (at != 1) return;
      numbers[0].reset();
      numbers[2].reset();
      numbers[4].reset();
    };
    EXPECT_EQ(this->Iterate(kill_neighbors), (Seen{0, 1, 3}));
    EXPECT_EQ(this->Iterate(), (Seen{1, 3}));
  }
}

// C33: it keeps the one at which it stands, and no other.
TYPED_TEST(WeakContainerTest, IterationPinsTheCurrentEntry) {
  auto numbers = Numbers(3);
  this->Fill(numbers);
  auto at = this->container_.begin();
  const std::weak_ptr<int> first = numbers[0];
  numbers[0].reset();
  EXPECT_EQ(TypeParam::NumberOf(*at), 0);
  EXPECT_FALSE(first.expired());
  ++at;
  EXPECT_TRUE(first.expired());
  EXPECT_EQ(TypeParam::NumberOf(*at), 1);
}

// C33: what is inserted meanwhile is not seen, however often.
TYPED_TEST(WeakContainerTest, IterationEndsWhileOthersAreInserted) {
  auto numbers = Numbers(3);
  this->Fill(numbers);
  std::vector<Pointer> added;
  const auto add = [&](int) {
    for (int i = 0; i < 100; ++i) {
      added.push_back(MakeShared<int>(100 + static_cast<int>(added.size())));
      this->container_.Put(added.back());
    }
  };
  EXPECT_EQ(this->Iterate(add), (Seen{0, 1, 2}));
  EXPECT_EQ(this->container_.size(), 303u);
}

// C33: nor does erasing disturb it, of any entry.
TYPED_TEST(WeakContainerTest, IterationSurvivesErasing) {
  auto numbers = Numbers(6);
  this->Fill(numbers);
  const auto erase = [&](int at) {
    if (at != 2) return;
    for (int i : {1, 2, 3}) this->container_.Take(numbers[i]);
  };
  EXPECT_EQ(this->Iterate(erase), (Seen{0, 1, 2, 4, 5}));
  EXPECT_EQ(this->Iterate([&](int) { this->container_.clear(); }), Seen{0});
  EXPECT_TRUE(this->container_.empty());
}

// C33: reading disturbs it no more than a second iteration does.
TYPED_TEST(WeakContainerTest, IterationsNest) {
  auto numbers = Numbers(3, /*foreign=*/true);
  this->Fill(numbers);
  int pairs = 0;
  this->Iterate([&](int at) {
    if (at == 1) numbers[2].reset();
    this->container_.size();
    this->Iterate([&](int) { ++pairs; });
  });
  EXPECT_EQ(pairs, 3 + 2);
}

TYPED_TEST(WeakContainerTest, IteratorsAreInputIterators) {
  auto numbers = Numbers(3);
  this->Fill(numbers);
  auto at = this->container_.begin();
  auto copy = at++;
  EXPECT_EQ(TypeParam::NumberOf(*copy), 0);
  EXPECT_EQ(TypeParam::NumberOf(*at), 1);
  copy = at;
  EXPECT_EQ(copy, at);
  EXPECT_EQ(std::distance(at, this->container_.end()), 2);
}

TYPED_TEST(WeakContainerTest, FindsManyThroughGrowthAndDeath) {
  constexpr int kCount = 20000;
  auto numbers = Numbers(kCount);
  this->Fill(numbers);
  EXPECT_EQ(this->container_.size(), size_t{kCount});
  for (int i = 0; i < kCount; i += 2) numbers[i].reset();
  EXPECT_EQ(this->container_.size(), size_t{kCount / 2});
  int found = 0;
  for (int i = 1; i < kCount; i += 2) found += this->container_.Has(numbers[i]);
  EXPECT_EQ(found, kCount / 2);
}

// EraseExpired drops what nobody told of.
TYPED_TEST(WeakContainerTest, EraseExpiredDropsTheDead) {
  auto numbers = Numbers(200, /*foreign=*/true);
  this->Fill(numbers);
  for (int i = 0; i < 150; ++i) numbers[i].reset();
  EXPECT_EQ(this->container_.EraseExpired(), 150u);
  EXPECT_EQ(this->container_.EraseExpired(), 0u);
  EXPECT_EQ(this->container_.size(), 50u);
}

// The container may go first, and an iteration's entry outlives it.
TYPED_TEST(WeakContainerTest, MayDieBeforeItsReferents) {
  auto numbers = Numbers(10);
  {
    TypeParam container;
    for (const Pointer& number : numbers) container.Put(number);
    EXPECT_EQ(finalize::WeakRefCount(numbers[0]), 1u);
  }
  EXPECT_EQ(finalize::WeakRefCount(numbers[0]), 0u);
}

// C33: a callback may use the container, even end it.
TYPED_TEST(WeakContainerTest, CallbackMayUseTheContainer) {
  std::optional<TypeParam> container(std::in_place);
  auto numbers = Numbers(3);
  for (const Pointer& number : numbers) container->Put(number);
  finalize::OnDestroy(numbers[0], [&] {
    EXPECT_EQ(container->size(), 2u);
    container->Take(numbers[1]);
    container->Put(MakeShared<int>(7));
  });
  finalize::OnDestroy(numbers[1], [&] { container.reset(); });
  numbers[0].reset();
  EXPECT_EQ(container->size(), 1u);
  numbers[1].reset();
  EXPECT_FALSE(container.has_value());
}

}  // namespace
