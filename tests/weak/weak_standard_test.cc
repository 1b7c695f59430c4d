// SPDX-License-Identifier: Apache-2.0

// What has a name of the standard's behaves as there: the same tests run on
// weak containers and on those of the standard library (contract C33).
#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

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

using ValueMap = WeakValueMap<std::string, int>;
using KeyMap = WeakKeyMap<int, std::string>;
using Set = WeakSet<int>;
using StandardValueMap = std::unordered_map<std::string, Pointer>;
using StandardKeyMap = std::unordered_map<Pointer, std::string>;
using StandardSet = std::unordered_set<Pointer>;

// The element of a container for a number, which is its key or its value.
void Put(const Pointer& number, Pointer* element) { *element = number; }
void Put(const Pointer& number, std::pair<std::string, Pointer>* element) {
  *element = {std::to_string(*number), number};
}
void Put(const Pointer& number, std::pair<Pointer, std::string>* element) {
  *element = {number, std::to_string(*number)};
}
template <class Container>
struct ElementOf {
  using Type = typename Container::value_type;
};
template <>
struct ElementOf<StandardValueMap> {
  using Type = std::pair<std::string, Pointer>;
};
template <>
struct ElementOf<StandardKeyMap> {
  using Type = std::pair<Pointer, std::string>;
};

// Keys and values of elements, and of what iterators return.
Pointer KeyOf(const Pointer& element) { return element; }
template <class K, class V>
K KeyOf(const std::pair<K, V>& element) {
  return element.first;
}
template <class Item>
auto KeyOf(const Item& item) -> std::decay_t<decltype(item.key())> {
  return item.key();
}
template <class K, class V>
V ValueOf(const std::pair<K, V>& element) {
  return element.second;
}
template <class Item>
auto ValueOf(const Item& item) -> std::decay_t<decltype(item.value())> {
  return item.value();
}

template <class Container>
class WeakStandardTest : public testing::Test {
 protected:
  using Element = typename ElementOf<Container>::Type;

  WeakStandardTest() {
    for (int i = 0; i < 4; ++i) {
      numbers_.push_back(MakeShared<int>(i));
      elements_.emplace_back();
      Put(numbers_.back(), &elements_.back());
    }
  }
  auto Key(int i) const { return KeyOf(elements_[i]); }

  std::vector<Pointer> numbers_;
  std::vector<Element> elements_;
  Container container_;
};
using All = testing::Types<StandardValueMap, StandardKeyMap, StandardSet,
                           ValueMap, KeyMap, Set>;
TYPED_TEST_SUITE(WeakStandardTest, All);

TYPED_TEST(WeakStandardTest, FindReturnsAnIteratorOrTheEnd) {
  auto& c = this->container_;
  c.insert(this->elements_[1]);
  const auto found = c.find(this->Key(1));
  ASSERT_NE(found, c.end());
  EXPECT_EQ(KeyOf(*found), this->Key(1));
  EXPECT_EQ(c.find(this->Key(2)), c.end());
  EXPECT_EQ(std::as_const(c).find(this->Key(2)), c.cend());
}

TYPED_TEST(WeakStandardTest, InsertTellsWhereAndWhether) {
  auto& c = this->container_;
  const auto [first, inserted] = c.insert(this->elements_[1]);
  EXPECT_TRUE(inserted);
  EXPECT_EQ(KeyOf(*first), this->Key(1));
  const auto [second, again] = c.insert(this->elements_[1]);
  EXPECT_FALSE(again);
  EXPECT_EQ(second, first);
}

TYPED_TEST(WeakStandardTest, EmplaceTellsWhereAndWhether) {
  auto& c = this->container_;
  const auto [first, inserted] = c.emplace(this->elements_[1]);
  EXPECT_TRUE(inserted);
  EXPECT_EQ(KeyOf(*first), this->Key(1));
  const auto [second, again] = c.emplace(this->elements_[1]);
  EXPECT_FALSE(again);
  EXPECT_EQ(second, first);
}

TYPED_TEST(WeakStandardTest, RangesAndListsAreInserted) {
  auto& c = this->container_;
  const auto& e = this->elements_;
  c.insert(e.begin(), e.begin() + 2);
  EXPECT_EQ(c.size(), 2u);
  c.insert({e[1], e[2]});
  EXPECT_EQ(c.size(), 3u);
  const TypeParam constructed(e.begin(), e.end());
  EXPECT_EQ(constructed.size(), 4u);
  c.insert(constructed.begin(), constructed.end());
  EXPECT_EQ(c, constructed);
}

TYPED_TEST(WeakStandardTest, EraseOfAPositionReturnsTheNext) {
  auto& c = this->container_;
  c.insert(this->elements_.begin(), this->elements_.end());
  int erased = 0;
  for (auto it = c.begin(); it != c.end(); ++erased) it = c.erase(it);
  EXPECT_EQ(erased, 4);
  EXPECT_TRUE(c.empty());
  c.insert(this->elements_[1]);
  EXPECT_EQ(c.erase(c.find(this->Key(1))), c.end());
  c.insert(this->elements_[1]);
  EXPECT_EQ(c.erase(c.cbegin()), c.end());
  EXPECT_EQ(c.count(this->Key(1)), 0u);
}

TYPED_TEST(WeakStandardTest, EraseOfAKeyReturnsTheNumber) {
  auto& c = this->container_;
  c.insert(this->elements_[1]);
  EXPECT_EQ(c.count(this->Key(1)), 1u);
  EXPECT_EQ(c.erase(this->Key(1)), 1u);
  EXPECT_EQ(c.erase(this->Key(1)), 0u);
}

TYPED_TEST(WeakStandardTest, MergeMovesWhatIsAbsent) {
  auto& c = this->container_;
  const auto& e = this->elements_;
  c.insert({e[0], e[1]});
  TypeParam source(e.begin() + 1, e.begin() + 3);
  c.merge(source);
  EXPECT_EQ(c.size(), 3u);
  EXPECT_EQ(source.size(), 1u);
  EXPECT_EQ(source.count(this->Key(1)), 1u);
  c.merge(TypeParam(e.begin(), e.end()));
  EXPECT_EQ(c.size(), 4u);
}

TYPED_TEST(WeakStandardTest, MemberSwapSwaps) {
  auto& c = this->container_;
  c.insert(this->elements_[1]);
  TypeParam other;
  other.swap(c);
  EXPECT_TRUE(c.empty());
  EXPECT_EQ(other.count(this->Key(1)), 1u);
}

TYPED_TEST(WeakStandardTest, IteratorsBecomeConst) {
  auto& c = this->container_;
  c.insert(this->elements_[1]);
  const typename TypeParam::const_iterator first = c.begin();
  EXPECT_EQ(first, c.cbegin());
  EXPECT_TRUE(c.begin() == first);
  EXPECT_EQ(std::distance(c.cbegin(), c.cend()), 1);
}

template <class Map>
class WeakStandardMapTest : public WeakStandardTest<Map> {};
using Maps = testing::Types<StandardValueMap, StandardKeyMap, ValueMap, KeyMap>;
TYPED_TEST_SUITE(WeakStandardMapTest, Maps);

// A value that is not needed is not moved from.
TYPED_TEST(WeakStandardMapTest, TryEmplaceKeepsWhatIsThere) {
  auto& map = this->container_;
  const auto& e = this->elements_;
  EXPECT_TRUE(map.try_emplace(e[1].first, e[1].second).second);
  auto value = e[2].second;
  const auto [it, inserted] = map.try_emplace(e[1].first, std::move(value));
  EXPECT_FALSE(inserted);
  EXPECT_EQ(ValueOf(*it), e[1].second);
  EXPECT_EQ(value, e[2].second);
}

TYPED_TEST(WeakStandardMapTest, InsertOrAssignTellsWhetherItInserted) {
  auto& map = this->container_;
  const auto& e = this->elements_;
  EXPECT_TRUE(map.insert_or_assign(e[1].first, e[1].second).second);
  const auto [it, inserted] = map.insert_or_assign(e[1].first, e[2].second);
  EXPECT_FALSE(inserted);
  EXPECT_EQ(ValueOf(*it), e[2].second);
  EXPECT_EQ(map.size(), 1u);
}

// Of items with one key the first stays, also of those in one range.
TYPED_TEST(WeakStandardMapTest, InsertKeepsTheFirst) {
  const auto& e = this->elements_;
  const auto second = std::make_pair(e[1].first, e[2].second);
  TypeParam map = {e[1], second};
  EXPECT_EQ(ValueOf(*map.begin()), e[1].second);
  map.insert(&second, &second + 1);
  EXPECT_EQ(ValueOf(*map.begin()), e[1].second);
}

// What only weak containers have: their iterators stay valid.
template <class Container>
class WeakPositionTest : public WeakStandardTest<Container> {
 protected:
  using Iterator = typename Container::iterator;

  WeakPositionTest() { Insert(0, 4); }
  void Insert(int first, int last) {
    this->container_.insert(this->elements_.begin() + first,
                            this->elements_.begin() + last);
  }
  // The numbers from a position on.
  std::vector<int> From(Iterator position) {
    std::vector<int> seen;
    for (; position != this->container_.end(); ++position) {
      for (int i = 0; i < 4; ++i) {
        if (KeyOf(*position) == this->Key(i)) seen.push_back(i);
      }
    }
    return seen;
  }
  // Lets a number die, which then has no key.
  void Kill(int i) {
    this->elements_[i] = {};
    this->numbers_[i].reset();
  }
};
using Weak = testing::Types<ValueMap, KeyMap, Set>;
TYPED_TEST_SUITE(WeakPositionTest, Weak);

TYPED_TEST(WeakPositionTest, FindGoesOnInTheOrderOfInsertion) {
  auto& c = this->container_;
  EXPECT_EQ(this->From(c.find(this->Key(1))), (std::vector{1, 2, 3}));
  EXPECT_EQ(this->From(c.insert(this->elements_[2]).first),
            (std::vector{2, 3}));
}

// Not over what came later.
TYPED_TEST(WeakPositionTest, FindGoesOnOverWhatWasThere) {
  auto& c = this->container_;
  c.erase(this->Key(3));
  const auto found = c.find(this->Key(1));
  this->Insert(3, 4);
  EXPECT_EQ(this->From(found), (std::vector{1, 2}));
}

// C33: also from an entry that is erased, and if the next ones are.
TYPED_TEST(WeakPositionTest, ErasedEntryLeadsToTheNext) {
  auto& c = this->container_;
  const auto found = c.find(this->Key(1));
  auto copy = found;
  c.erase(this->Key(1));
  EXPECT_EQ(this->From(found), (std::vector{1, 2, 3}));
  c.erase(this->Key(2));
  EXPECT_EQ(this->From(++copy), (std::vector{3}));
  c.clear();
  EXPECT_EQ(++copy, c.end());
}

// C33: at what it has found a value and its key live.
TYPED_TEST(WeakPositionTest, FoundElementLivesAndIsThere) {
  auto& c = this->container_;
  auto found = c.find(this->Key(1));
  this->Kill(1);
  EXPECT_EQ(c.size(), 4u);
  found = c.end();
  EXPECT_EQ(c.size(), 3u);
}

TYPED_TEST(WeakPositionTest, EraseOfAPositionErasesThatEntryOnly) {
  auto& c = this->container_;
  const auto old = c.find(this->Key(1));
  c.erase(this->Key(1));
  this->Insert(1, 2);
  c.erase(old);
  EXPECT_EQ(c.count(this->Key(1)), 1u);
  c.erase(c.find(this->Key(1)));
  EXPECT_EQ(c.count(this->Key(1)), 0u);
}

TYPED_TEST(WeakPositionTest, EraseIfErasesWhatIsAsked) {
  auto& c = this->container_;
  const auto is_even = [this](const auto& element) {
    return KeyOf(element) == this->Key(0) || KeyOf(element) == this->Key(2);
  };
  EXPECT_EQ(erase_if(c, is_even), 2u);
  EXPECT_EQ(this->From(c.begin()), (std::vector{1, 3}));
  EXPECT_EQ(erase_if(c, is_even), 0u);
}

// The predicate may use the container.
TYPED_TEST(WeakPositionTest, PredicateMayErase) {
  auto& c = this->container_;
  const auto erases_all = [&c](const auto&) {
    c.clear();
    return true;
  };
  EXPECT_EQ(erase_if(c, erases_all), 0u);
  EXPECT_TRUE(c.empty());
}

}  // namespace
