// SPDX-License-Identifier: Apache-2.0

// WeakSet: its calls (contract C33). What it shares with the other weak
// containers is in weak_container_test.
#include "finalize/weak_set.h"

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/hash/hash.h"
#include "finalize/shared.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace {

using finalize::MakeShared;
using finalize::WeakSet;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

using Set = WeakSet<std::string>;
using ByValue =
    WeakSet<std::string, absl::Hash<std::string>, std::equal_to<std::string>>;

class WeakSetTest : public testing::Test {
 protected:
  std::shared_ptr<std::string> a_ = MakeShared<std::string>("a");
  std::shared_ptr<std::string> b_ = MakeShared<std::string>("b");
  std::shared_ptr<std::string> c_ = MakeShared<std::string>("c");
  std::shared_ptr<std::string> also_a_ = MakeShared<std::string>("a");
  std::shared_ptr<std::string> foreign_ = std::make_shared<std::string>("f");
};

TEST_F(WeakSetTest, InsertsOnce) {
  Set set;
  EXPECT_TRUE(set.insert(a_).second);
  EXPECT_FALSE(set.insert(a_).second);
  EXPECT_EQ(a_.use_count(), 1);  // not by the set
  EXPECT_EQ(set.size(), 1u);
  EXPECT_TRUE(set.contains(a_));
  EXPECT_TRUE(set.contains(*a_));
  EXPECT_EQ(set.Get(*a_), a_);
  EXPECT_EQ(set.count(b_), 0u);
}

// C33: by identity; by value where asked.
TEST_F(WeakSetTest, MembersAreComparedByIdentity) {
  Set set = {a_};
  EXPECT_FALSE(set.contains(also_a_));
  EXPECT_TRUE(set.insert(also_a_).second);
  EXPECT_EQ(set.size(), 2u);
  ByValue by_value = {a_};
  EXPECT_EQ(by_value.Get(*also_a_), a_);
  EXPECT_EQ(by_value.Get(std::string("a")), a_);
  EXPECT_FALSE(by_value.insert(also_a_).second);
}

// C33: absent at once, for every call; the one of make_shared too.
TEST_F(WeakSetTest, DeadMemberIsAbsent) {
  for (std::shared_ptr<std::string>* member : {&a_, &foreign_}) {
    Set set = {*member};
    EXPECT_EQ(set.size(), 1u);
    const std::string* const address = member->get();
    member->reset();
    EXPECT_TRUE(set.empty());
    EXPECT_FALSE(set.contains(*address));
    EXPECT_EQ(set.begin(), set.end());
    EXPECT_EQ(set.ExtractNewest(), nullptr);
    EXPECT_EQ(set, Set());
    EXPECT_EQ(set.size(), 0u);
  }
}

TEST_F(WeakSetTest, EraseAndExtractTakeOut) {
  Set set = {a_, b_, foreign_};
  EXPECT_EQ(set.erase(a_), 1u);
  EXPECT_EQ(set.erase(*a_), 0u);  // discard: no error
  EXPECT_EQ(set.Extract(*b_), b_);
  EXPECT_EQ(set.Extract(*b_), nullptr);
  EXPECT_EQ(set.ExtractNewest(), foreign_);
  EXPECT_EQ(set.ExtractNewest(), nullptr);
}

// What cannot be a member is not there.
TEST_F(WeakSetTest, NullIsAbsent) {
  Set set;
  EXPECT_FALSE(set.insert(nullptr).second);
  EXPECT_FALSE(set.contains(std::shared_ptr<std::string>()));
  EXPECT_EQ(set.erase(std::string("on the stack")), 0u);
  EXPECT_TRUE(set.empty());
}

TEST_F(WeakSetTest, CopiesMovesAndSwaps) {
  Set set = {a_, foreign_};
  foreign_.reset();
  Set copy = set;
  EXPECT_EQ(copy, set);
  Set moved = std::move(copy);
  EXPECT_THAT(moved, UnorderedElementsAre(a_));
  Set other = {b_};
  swap(other, moved);
  EXPECT_THAT(moved, UnorderedElementsAre(b_));
  set = moved;
  EXPECT_THAT(set, UnorderedElementsAre(b_));
  set.clear();
  EXPECT_TRUE(set.empty());
}

// Union, intersection, difference, symmetric difference.
TEST_F(WeakSetTest, HasSetAlgebra) {
  const Set ab = {a_, b_};
  const Set bc = {b_, c_};
  EXPECT_THAT(ab | bc, UnorderedElementsAre(a_, b_, c_));
  EXPECT_THAT(ab & bc, UnorderedElementsAre(b_));
  EXPECT_THAT(ab - bc, UnorderedElementsAre(a_));
  EXPECT_THAT(ab ^ bc, UnorderedElementsAre(a_, c_));
}

// With any range of pointers.
TEST_F(WeakSetTest, AlgebraTakesRanges) {
  const std::vector<std::shared_ptr<std::string>> bc = {b_, c_, b_};
  Set set = {a_, b_};
  EXPECT_THAT(set | bc, UnorderedElementsAre(a_, b_, c_));
  EXPECT_THAT(set & bc, UnorderedElementsAre(b_));
  EXPECT_THAT(set - bc, UnorderedElementsAre(a_));
  EXPECT_THAT(set ^ bc, UnorderedElementsAre(a_, c_));
  set |= bc;
  EXPECT_EQ(set.size(), 3u);
}

TEST_F(WeakSetTest, AlgebraTakesListsInBraces) {
  Set set = {a_};
  EXPECT_THAT((set |= {b_, c_}), UnorderedElementsAre(a_, b_, c_));
  EXPECT_THAT((set -= {a_, foreign_}), UnorderedElementsAre(b_, c_));
  EXPECT_THAT((set ^= {a_, b_}), UnorderedElementsAre(a_, c_));
  EXPECT_THAT((set &= {c_, b_}), UnorderedElementsAre(c_));
}

TEST_F(WeakSetTest, AlgebraWithItselfIsDefined) {
  Set set = {a_, b_};
  EXPECT_EQ((set |= set).size(), 2u);
  EXPECT_EQ((set &= set).size(), 2u);
  Set emptied = set;
  EXPECT_THAT(emptied -= emptied, IsEmpty());
  EXPECT_THAT(set ^= set, IsEmpty());
}

// Algebra goes by the equality of the set on its left.
TEST_F(WeakSetTest, AlgebraComparesAsTheSetDoes) {
  EXPECT_THAT((ByValue{a_, b_} & ByValue{also_a_}), UnorderedElementsAre(a_));
  EXPECT_THAT((Set{a_, b_} & Set{also_a_}), IsEmpty());
}

TEST_F(WeakSetTest, KnowsSubsets) {
  const Set a = {a_};
  const Set ab = {a_, b_};
  const Set c = {c_};
  EXPECT_TRUE(a.IsSubsetOf(ab));
  EXPECT_FALSE(ab.IsSubsetOf(a));
  EXPECT_TRUE(ab.IsSupersetOf(a));
  EXPECT_TRUE(ab.IsSubsetOf(ab));
  EXPECT_TRUE(ab.IsDisjointFrom(c));
  EXPECT_FALSE(ab.IsDisjointFrom(a));
}

// The same with any range of pointers.
TEST_F(WeakSetTest, SubsetsTakeRanges) {
  const Set set = {a_, b_};
  const std::vector<std::shared_ptr<std::string>> abc = {a_, b_, c_, a_};
  EXPECT_TRUE(set.IsSubsetOf(abc));
  EXPECT_FALSE(set.IsSupersetOf(abc));
  EXPECT_FALSE(set.IsDisjointFrom(abc));
  EXPECT_TRUE(set.IsSubsetOf({b_, a_}));
  EXPECT_FALSE(set.IsSubsetOf({b_}));
  EXPECT_TRUE(set.IsSupersetOf({b_}));
  EXPECT_TRUE(set.IsDisjointFrom({c_}));
  EXPECT_FALSE(set.IsSupersetOf({b_, nullptr}));
  EXPECT_TRUE((ByValue{a_}.IsSubsetOf({also_a_})));
}

TEST_F(WeakSetTest, EqualMeansSameMembers) {
  EXPECT_EQ((Set{a_, b_}), (Set{b_, a_}));
  EXPECT_NE((Set{a_}), (Set{a_, b_}));
  EXPECT_NE((Set{a_, b_}), (Set{a_}));
}

TEST_F(WeakSetTest, MergeMovesWhatIsAbsent) {
  Set set = {a_};
  Set source = {a_, b_};
  set.merge(source);
  EXPECT_THAT(set, UnorderedElementsAre(a_, b_));
  EXPECT_THAT(source, UnorderedElementsAre(a_));
}

}  // namespace
