// SPDX-License-Identifier: Apache-2.0

// WeakValueMap: its calls (contract C33). What it shares with the other weak
// containers is in weak_container_test.
#include "finalize/weak_value_map.h"

#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/hash/hash.h"
#include "finalize/shared.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace {

using finalize::MakeShared;
using finalize::WeakValueMap;
using testing::Pair;
using testing::UnorderedElementsAre;

using Map = WeakValueMap<std::string, int>;

// The value at which an insertion returned an iterator, null if that is the
// end; and whether it inserted.
using Outcome = std::pair<std::shared_ptr<int>, bool>;
Outcome OutcomeOf(const std::pair<Map::iterator, bool>& returned) {
  const auto& [it, inserted] = returned;
  if (it == Map::iterator()) return {nullptr, inserted};
  return {(*it).value(), inserted};
}

class WeakValueMapTest : public testing::Test {
 protected:
  std::shared_ptr<int> one_ = MakeShared<int>(1);
  std::shared_ptr<int> two_ = MakeShared<int>(2);
  std::shared_ptr<int> foreign_ = std::make_shared<int>(3);
};

TEST_F(WeakValueMapTest, GetGivesTheValueHeldAlive) {
  Map map;
  EXPECT_TRUE(map.try_emplace("one", one_).second);
  EXPECT_EQ(one_.use_count(), 1);  // not by the map
  std::shared_ptr<int> pin = map.Get("one");
  EXPECT_EQ(pin, one_);
  one_.reset();
  EXPECT_EQ(map.Get("one"), pin);
  pin.reset();
  EXPECT_EQ(map.Get("one"), nullptr);
  EXPECT_EQ(map.Get("two"), nullptr);
}

// C33: absent at once, for every call; the one of make_shared too.
TEST_F(WeakValueMapTest, DeadValueIsAbsent) {
  for (std::shared_ptr<int>* value : {&one_, &foreign_}) {
    Map map;
    map.try_emplace("k", *value);
    EXPECT_TRUE(map.contains("k"));
    EXPECT_EQ(map.size(), 1u);
    value->reset();
    EXPECT_TRUE(map.empty());
    EXPECT_FALSE(map.contains("k"));
    EXPECT_EQ(map.count("k"), 0u);
    EXPECT_EQ(map.begin(), map.end());
    EXPECT_TRUE(map.Values().empty());
    EXPECT_EQ(map.find("k"), map.end());
    EXPECT_EQ(map.erase("k"), 0u);
    EXPECT_EQ(map.ExtractNewest(), std::nullopt);
    EXPECT_EQ(map, Map());
    EXPECT_EQ(map.size(), 0u);
  }
}

// setdefault: what is there stays; what is dead is replaced.
TEST_F(WeakValueMapTest, TryEmplaceKeepsTheLiving) {
  Map map;
  EXPECT_EQ(OutcomeOf(map.try_emplace("k", one_)), Outcome(one_, true));
  EXPECT_EQ(OutcomeOf(map.insert({"k", two_})), Outcome(one_, false));
  one_.reset();
  EXPECT_EQ(OutcomeOf(map.try_emplace("k", foreign_)), Outcome(foreign_, true));
  foreign_.reset();
  EXPECT_EQ(OutcomeOf(map.try_emplace("k", two_)), Outcome(two_, true));
}

TEST_F(WeakValueMapTest, InsertOrAssignReplaces) {
  Map map;
  EXPECT_EQ(OutcomeOf(map.insert_or_assign("k", one_)), Outcome(one_, true));
  EXPECT_EQ(OutcomeOf(map.insert_or_assign("k", two_)), Outcome(two_, false));
  EXPECT_EQ(map.Get("k"), two_);
  EXPECT_EQ(map.size(), 1u);
}

// C33: the late death of a value does not take out its successor.
TEST_F(WeakValueMapTest, LateDeathLeavesTheSuccessor) {
  for (std::shared_ptr<int>* value : {&one_, &foreign_}) {
    Map map;
    map.insert_or_assign("k", *value);
    map.insert_or_assign("k", two_);
    value->reset();
    EXPECT_EQ(map.Get("k"), two_);
    EXPECT_EQ(map.EraseExpired(), 0u);
    EXPECT_EQ(map.size(), 1u);
  }
}

// One value may stand under many keys.
TEST_F(WeakValueMapTest, DeathTakesOutEveryEntryOfTheValue) {
  Map map = {{"a", one_}, {"b", two_}, {"c", one_}};
  one_.reset();
  EXPECT_THAT(map.Keys(), UnorderedElementsAre("b"));
}

// A null value is one that is dead already.
TEST_F(WeakValueMapTest, NullIsAbsent) {
  Map map;
  EXPECT_EQ(OutcomeOf(map.try_emplace("k", nullptr)), Outcome(nullptr, false));
  EXPECT_TRUE(map.empty());
  map.insert_or_assign("k", one_);
  EXPECT_EQ(OutcomeOf(map.try_emplace("k", nullptr)), Outcome(one_, false));
  EXPECT_EQ(OutcomeOf(map.insert_or_assign("k", nullptr)),
            Outcome(nullptr, false));
  EXPECT_FALSE(map.contains("k"));
}

TEST_F(WeakValueMapTest, EraseAndExtractTakeOut) {
  Map map = {{"one", one_}, {"two", two_}};
  EXPECT_EQ(map.Extract("one"), one_);
  EXPECT_EQ(map.Extract("one"), nullptr);
  EXPECT_EQ(map.erase("two"), 1u);
  EXPECT_EQ(map.erase("two"), 0u);
  EXPECT_TRUE(map.empty());
}

// popitem: the newest, but not a dead one.
TEST_F(WeakValueMapTest, ExtractNewestSkipsTheDead) {
  Map map = {{"one", one_}, {"two", two_}, {"foreign", foreign_}};
  foreign_.reset();
  EXPECT_EQ(map.ExtractNewest(), Map::value_type("two", two_));
  EXPECT_EQ(map.ExtractNewest(), Map::value_type("one", one_));
  EXPECT_EQ(map.ExtractNewest(), std::nullopt);
}

TEST_F(WeakValueMapTest, ClearTakesOutEverything) {
  Map map = {{"one", one_}, {"foreign", foreign_}};
  map.clear();
  EXPECT_TRUE(map.empty());
  EXPECT_TRUE(map.insert_or_assign("one", one_).second);
}

// A map of its own, with the living entries of the other.
TEST_F(WeakValueMapTest, CopiesTheLiving) {
  Map map = {{"one", one_}, {"foreign", foreign_}};
  foreign_.reset();
  Map copy = map;
  EXPECT_EQ(copy, map);
  EXPECT_THAT(copy.Keys(), UnorderedElementsAre("one"));
  map.clear();
  EXPECT_EQ(copy.size(), 1u);
  copy = map;
  EXPECT_TRUE(copy.empty());
}

TEST_F(WeakValueMapTest, MovesAndSwaps) {
  Map map = {{"one", one_}};
  Map moved = std::move(map);
  EXPECT_EQ(moved.Get("one"), one_);
  map.insert_or_assign("two", two_);  // NOLINT: it is empty
  EXPECT_EQ(map.size(), 1u);
  swap(map, moved);
  EXPECT_EQ(map.Get("one"), one_);
  EXPECT_EQ(moved.Get("two"), two_);
  map = std::move(moved);
  EXPECT_THAT(map.Keys(), UnorderedElementsAre("two"));
  two_.reset();
  EXPECT_TRUE(map.empty());
}

TEST_F(WeakValueMapTest, EqualMeansSameKeysAndValues) {
  const Map map = {{"one", one_}, {"two", two_}};
  EXPECT_EQ(map, (Map{{"two", two_}, {"one", one_}}));
  EXPECT_NE(map, (Map{{"one", one_}}));
  EXPECT_NE((Map{{"one", one_}}), map);
  EXPECT_NE(map, (Map{{"one", one_}, {"two", one_}}));
  EXPECT_NE(map, (Map{{"one", one_}, {"three", two_}}));
}

// update: of maps and of pairs; later ones win.
TEST_F(WeakValueMapTest, UpdateOverrides) {
  Map map = {{"k", one_}};
  map.Update(Map{{"k", two_}, {"l", one_}});
  map.Update(std::vector<Map::value_type>{{"m", foreign_}, {"l", two_}});
  EXPECT_THAT(map, UnorderedElementsAre(Pair("k", two_), Pair("m", foreign_),
                                        Pair("l", two_)));
}

TEST_F(WeakValueMapTest, MergeMovesWhatIsAbsent) {
  Map map = {{"k", one_}};
  Map source = {{"k", two_}, {"l", two_}};
  map.merge(source);
  EXPECT_THAT(map, UnorderedElementsAre(Pair("k", one_), Pair("l", two_)));
  EXPECT_THAT(source, UnorderedElementsAre(Pair("k", two_)));
}

TEST_F(WeakValueMapTest, GivesRefsToItsValues) {
  const Map map = {{"one", one_}, {"two", two_}};
  const auto refs = map.ValueRefs();
  two_.reset();
  ASSERT_EQ(refs.size(), 2u);
  EXPECT_EQ(refs[0].Lock(), one_);
  EXPECT_TRUE(refs[1].expired());
}

// Heterogeneous lookup: no string is made.
TEST_F(WeakValueMapTest, LooksTextUpAsView) {
  Map map = {{"one", one_}};
  EXPECT_EQ(map.Get(std::string_view("one")), one_);
  EXPECT_EQ(map.Get("one"), one_);
  EXPECT_EQ(map.Get(std::string("one")), one_);
  EXPECT_EQ(map.erase(std::string_view("one")), 1u);
}

struct Point {
  int x, y;
  friend bool operator==(const Point& a, const Point& b) {
    return a.x == b.x && a.y == b.y;
  }
  template <class H>
  friend H AbslHashValue(H h, const Point& p) {
    return H::combine(std::move(h), p.x, p.y);
  }
};
struct BadHash {
  size_t operator()(const Point&) const { return 1; }
};

// A hash and an equality of the user's, even a bad one.
TEST_F(WeakValueMapTest, TakesAHashOfTheUsers) {
  WeakValueMap<Point, int, absl::Hash<Point>> map = {{{1, 2}, one_}};
  EXPECT_EQ(map.Get({1, 2}), one_);
  EXPECT_EQ(map.Get({2, 1}), nullptr);
  WeakValueMap<Point, int, BadHash, std::equal_to<>> bad;
  for (int i = 0; i < 100; ++i) bad.insert_or_assign({i, 0}, one_);
  EXPECT_EQ(bad.Get({99, 0}), one_);
  EXPECT_EQ(bad.Get({0, 0}), one_);
  EXPECT_FALSE(bad.insert_or_assign({50, 0}, two_).second);
  EXPECT_EQ(bad.Get({50, 0}), two_);
  EXPECT_EQ(bad.size(), 100u);
}

TEST_F(WeakValueMapTest, KeysMayBeMoveOnly) {
  struct Key {
    explicit Key(int n) : number(std::make_unique<int>(n)) {}
    std::unique_ptr<int> number;
  };
  struct Hash {
    size_t operator()(const Key& key) const {
      return static_cast<size_t>(*key.number);
    }
  };
  struct Equal {
    bool operator()(const Key& a, const Key& b) const {
      return *a.number == *b.number;
    }
  };
  WeakValueMap<Key, const int, Hash, Equal> map;
  map.try_emplace(Key(1), one_);
  EXPECT_EQ(map.Get(Key(1)), one_);
}

struct SizeHash {
  using is_transparent = void;
  size_t operator()(const std::string& key) const { return key.size(); }
  size_t operator()(const char* key) const { return std::strlen(key); }
};

// A Hash that is not the default gets the key itself, not text made of it.
TEST_F(WeakValueMapTest, HashOfTheUsersWithTheDefaultEqual) {
  WeakValueMap<std::string, int, absl::Hash<std::string>> hashed;
  EXPECT_TRUE(hashed.try_emplace("one", one_).second);
  EXPECT_EQ(hashed.Get("one"), one_);
  EXPECT_TRUE(hashed.contains(std::string("one")));
  EXPECT_EQ(hashed.erase("one"), 1u);

  WeakValueMap<std::string, int, std::hash<std::string>> standard;
  EXPECT_TRUE(standard.insert_or_assign("one", one_).second);
  EXPECT_EQ(standard.Get("one"), one_);

  WeakValueMap<std::string, int, SizeHash> transparent;
  EXPECT_TRUE(transparent.try_emplace("one", one_).second);
  EXPECT_EQ(transparent.Get("one"), one_);
  EXPECT_EQ(transparent.Get("two"), nullptr);
}

}  // namespace
