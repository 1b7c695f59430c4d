// SPDX-License-Identifier: Apache-2.0

// merge() of the weak containers: what is moved is never lost (contract C33).
#include <cstddef>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "finalize/shared.h"
#include "finalize/weak_key_map.h"
#include "finalize/weak_ref.h"
#include "finalize/weak_set.h"
#include "finalize/weak_value_map.h"
#include "gtest/gtest.h"
#include "tests/support/latch.h"

namespace {

using finalize::MakeShared;
using finalize::WeakKeyMap;
using finalize::WeakSet;
using finalize::WeakValueMap;
using finalize_test::Latch;

// What the next comparisons of all maps do, one call each.
std::function<void()>& InEquality() {
  static auto* const call = new std::function<void()>;
  return *call;
}
struct OneHash {
  size_t operator()(const int&) const { return 1; }
};
struct CallingEqual {
  bool operator()(const int& a, const int& b) const {
    if (InEquality()) InEquality()();
    return a == b;
  }
};
using Notes =
    WeakKeyMap<int, std::unique_ptr<std::string>, OneHash, CallingEqual>;

std::unique_ptr<std::string> Text(const char* text) {
  return std::make_unique<std::string>(text);
}

class WeakMergeTest : public testing::Test {
 protected:
  void TearDown() override { InEquality() = nullptr; }
  std::shared_ptr<int> one_ = MakeShared<int>(1);
  std::shared_ptr<int> two_ = MakeShared<int>(2);
  std::shared_ptr<int> three_ = MakeShared<int>(3);
};

// C33: a value keeps its place, so that who has found it keeps it.
TEST_F(WeakMergeTest, ValuesStayWhereTheyAre) {
  Notes there;
  Notes here;
  there.insert_or_assign(one_, Text("one"));
  there.insert_or_assign(two_, Text("two"));
  here.insert_or_assign(two_, Text("mine"));
  const auto found = there.Get(one_);
  here.merge(there);
  EXPECT_EQ(here.Get(one_).get(), found.get());
  EXPECT_EQ(**here.Get(two_), "mine");
  EXPECT_FALSE(there.contains(one_));
  EXPECT_EQ(**there.Get(two_), "two");
  EXPECT_EQ(finalize::WeakRefCount(one_), 1u);
}

// C33: to and fro, and the death of the key takes the value along.
TEST_F(WeakMergeTest, ValueIsDestroyedWithItsKeyAfterMerges) {
  WeakKeyMap<int, std::shared_ptr<int>> a;
  auto value = std::make_shared<int>(7);
  a.insert_or_assign(one_, value);
  {
    WeakKeyMap<int, std::shared_ptr<int>> b;
    for (int i = 0; i < 100; ++i) {
      b.merge(a);
      EXPECT_TRUE(a.empty());
      a.merge(b);
    }
  }
  EXPECT_EQ(*a.Get(one_), value);
  EXPECT_EQ(value.use_count(), 2);
  one_.reset();
  EXPECT_EQ(value.use_count(), 1);
}

// C33: an equality that throws, at each of its calls, loses nothing.
TEST_F(WeakMergeTest, WhatThrowsLosesNothing) {
  bool threw = true;
  for (int allowed = 0; threw; ++allowed) {
    ASSERT_LT(allowed, 100);
    Notes there;
    Notes here;
    here.insert_or_assign(three_, Text("three"));
    there.insert_or_assign(one_, Text("one"));
    there.insert_or_assign(two_, Text("two"));
    InEquality() = [left = allowed]() mutable {
      if (left-- == 0) throw std::runtime_error("equality");
    };
    threw = false;
    try {
      here.merge(there);
    } catch (const std::runtime_error&) {
      threw = true;
    }
    InEquality() = nullptr;
    for (const auto& [key, text] : {std::pair(one_, "one"), {two_, "two"}}) {
      const auto mine = here.Get(key);
      const auto theirs = there.Get(key);
      EXPECT_NE(static_cast<bool>(mine), static_cast<bool>(theirs));
      EXPECT_EQ(mine ? **mine : **theirs, text);
    }
    EXPECT_EQ(here.size() + there.size(), 3u);
  }
}

// C33: a key that is inserted here meanwhile stays, and so does the other one
// there.
TEST_F(WeakMergeTest, InsertedMeanwhile) {
  Notes there;
  Notes here;
  here.insert_or_assign(three_, Text("three"));
  there.insert_or_assign(one_, Text("theirs"));
  InEquality() = [&] {
    InEquality() = nullptr;
    here.insert_or_assign(one_, Text("mine"));
  };
  here.merge(there);
  EXPECT_EQ(**here.Get(one_), "mine");
  EXPECT_EQ(**there.Get(one_), "theirs");
}

// C33: an entry that is replaced there meanwhile is not moved, and its
// successor is not erased.
TEST_F(WeakMergeTest, ReplacedMeanwhile) {
  Notes there;
  Notes here;
  here.insert_or_assign(three_, Text("three"));
  there.insert_or_assign(one_, Text("old"));
  InEquality() = [&] {
    InEquality() = nullptr;
    there.insert_or_assign(one_, Text("new"));
  };
  here.merge(there);
  EXPECT_FALSE(here.contains(one_));
  EXPECT_EQ(**there.Get(one_), "new");
}

// C33: the same for a WeakValueMap, whose successor stays.
TEST_F(WeakMergeTest, SuccessorOfAValueStays) {
  using Map = WeakValueMap<int, int, OneHash, CallingEqual>;
  Map there;
  Map here;
  here.insert_or_assign(3, three_);
  there.insert_or_assign(1, one_);
  InEquality() = [&] {
    InEquality() = nullptr;
    there.insert_or_assign(1, two_);
  };
  here.merge(there);
  EXPECT_EQ(here.Get(1), one_);
  EXPECT_EQ(there.Get(1), two_);
}

// C33: and for a WeakSet.
TEST_F(WeakMergeTest, SuccessorOfAMemberStays) {
  using Set = WeakSet<int, OneHash, CallingEqual>;
  auto also_one = MakeShared<int>(1);
  Set there;
  Set here;
  here.insert(three_);
  there.insert(one_);
  InEquality() = [&] {
    InEquality() = nullptr;
    there.erase(1);
    there.insert(also_one);
  };
  here.merge(there);
  EXPECT_EQ(here.Get(1), one_);
  EXPECT_EQ(there.Get(1), also_one);
}

// C33: two that merge from one map get each value once.
TEST_F(WeakMergeTest, TwoThreadsShareOut) {
  for (int round = 0; round < 300; ++round) {
    WeakKeyMap<int, int> from;
    WeakKeyMap<int, int> to[2];
    for (const auto& key : {one_, two_, three_}) from.try_emplace(key, *key);
    Latch start(2);
    std::thread other([&] {
      start.Arrive();
      to[0].merge(from);
    });
    start.Arrive();
    to[1].merge(from);
    other.join();
    for (const auto& key : {one_, two_, three_}) {
      const auto first = to[0].Get(key);
      const auto second = to[1].Get(key);
      EXPECT_NE(static_cast<bool>(first), static_cast<bool>(second));
      EXPECT_EQ(first ? *first : *second, *key);
    }
    EXPECT_TRUE(from.empty());
  }
}

}  // namespace
