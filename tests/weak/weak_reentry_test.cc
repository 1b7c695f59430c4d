// SPDX-License-Identifier: Apache-2.0

// Code of the user's that comes back to a weak container, and what the dead
// leave (contract C33).
#include <algorithm>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "finalize/shared.h"
#include "finalize/weak_hash.h"
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

// The numbers 0, 1, ... as objects of the library's, or of std::make_shared.
std::vector<std::shared_ptr<int>> Numbers(int count, bool foreign = false) {
  std::vector<std::shared_ptr<int>> numbers;
  for (int i = 0; i < count; ++i) {
    numbers.push_back(foreign ? std::make_shared<int>(i) : MakeShared<int>(i));
  }
  return numbers;
}

// C33: dead entries that nobody told of do not pile up: here every value dies
// at once, and each key counts itself.
TEST(WeakMemoryTest, DeadForeignEntriesDoNotPileUp) {
  struct Key {
    explicit Key(int n, int* count) : number(n), counted(count, Drop) {
      ++*count;
    }
    static void Drop(int* count) { --*count; }
    int number;
    std::unique_ptr<int, void (*)(int*)> counted;
  };
  struct Hash {
    size_t operator()(const Key& key) const {
      return static_cast<size_t>(key.number);
    }
  };
  struct Equal {
    bool operator()(const Key& a, const Key& b) const {
      return a.number == b.number;
    }
  };
  int keys = 0;
  auto living = Numbers(100, /*foreign=*/true);
  WeakValueMap<Key, int, Hash, Equal> map;
  for (int i = 0; i < 100; ++i) map.try_emplace(Key(-i, &keys), living[i]);
  int most = 0;
  for (int i = 1; i < 10000; ++i) {
    map.try_emplace(Key(i, &keys), std::make_shared<int>(i));
    most = std::max(most, keys);
  }
  EXPECT_LT(most, 400);
}

// C33: no destructor runs under the lock: it may use the container.
TEST(WeakReentryTest, DestructorMayUseTheContainer) {
  struct Erases {
    std::function<void()> in_destructor;
    ~Erases() {
      if (in_destructor) in_destructor();
    }
  };
  using Map = WeakKeyMap<int, Erases>;
  Map map;
  auto numbers = Numbers(4);
  int destroyed = 0;
  for (int i = 0; i < 4; ++i) {
    map.try_emplace(numbers[i]);
    map.Get(numbers[i])->in_destructor = [&, i] {
      ++destroyed;
      if (i < 3) map.erase(numbers[i + 1]);
      map.size();
    };
  }
  map.erase(numbers[0]);
  EXPECT_EQ(destroyed, 4);
  EXPECT_TRUE(map.empty());
}

struct Calls {
  explicit Calls(int n) : number(n) {}
  int number;
};
std::function<void()>& InEquality() {
  static auto* const call = new std::function<void()>;
  return *call;
}
struct SameHash {
  size_t operator()(const Calls&) const { return 1; }
};
struct CallingEqual {
  bool operator()(const Calls& a, const Calls& b) const {
    if (InEquality()) std::exchange(InEquality(), nullptr)();
    return a.number == b.number;
  }
};

// C33: an equality may cause deaths, of the very key at which it is too.
TEST(WeakReentryTest, EqualityMayCauseDeaths) {
  WeakKeyMap<Calls, int, SameHash, CallingEqual> map;
  std::vector<std::shared_ptr<Calls>> keys;
  for (int i = 0; i < 10; ++i) {
    keys.push_back(MakeShared<Calls>(i));
    map.insert_or_assign(keys.back(), i);
  }
  InEquality() = [&] {
    for (int i = 1; i < 10; ++i) keys[i].reset();
  };
  EXPECT_EQ(*map.Get(Calls(0)), 0);
  EXPECT_EQ(map.size(), 1u);
}

// C33: an equality that comes back is no harm: here it inserts the very key
// that is being inserted.
TEST(WeakReentryTest, EqualityMayComeBack) {
  WeakValueMap<Calls, int, SameHash, CallingEqual> map;
  auto numbers = Numbers(3);
  map.try_emplace(Calls(0), numbers[0]);
  InEquality() = [&] { map.try_emplace(Calls(1), numbers[1]); };
  const auto [there, inserted] = map.try_emplace(Calls(1), numbers[2]);
  EXPECT_FALSE(inserted);
  EXPECT_EQ((*there).value(), numbers[1]);
  EXPECT_EQ(map.size(), 2u);
  InEquality() = [&] { map.clear(); };
  EXPECT_EQ(map.Get(Calls(1)), nullptr);
}

// An exception of the user's leaves everything as it was.
TEST(WeakReentryTest, ThrowingEqualityChangesNothing) {
  WeakValueMap<Calls, int, SameHash, CallingEqual> map;
  auto numbers = Numbers(2);
  map.try_emplace(Calls(0), numbers[0]);
  InEquality() = [] { throw std::runtime_error("equality"); };
  EXPECT_THROW(map.insert_or_assign(Calls(0), numbers[1]), std::runtime_error);
  EXPECT_EQ(map.Get(Calls(0)), numbers[0]);
  EXPECT_EQ(finalize::WeakRefCount(numbers[1]), 0u);
  InEquality() = [] { throw std::runtime_error("equality"); };
  EXPECT_THROW(map.Get(Calls(0)), std::runtime_error);
  numbers[0].reset();
  EXPECT_TRUE(map.empty());
}

// C33: a lookup by value pins the key, and may be its last owner: the death
// that follows holds no lock, and its callbacks may use the set.
TEST(WeakReentryTest, LookupByValueMayBeTheLastOwner) {
  using ByValue = WeakSet<std::string, finalize::KeyHash<std::string>,
                          finalize::KeyEqual<std::string>>;
  ByValue set;
  const std::string text(2000, 'x');
  for (int round = 0; round < 200; ++round) {
    auto owner = MakeShared<std::string>(text);
    size_t left = 1;
    finalize::WeakRef<std::string> ref(owner, [&] { left = set.size(); });
    set.insert(owner);
    Latch start(2);
    std::thread killer([&] {
      start.Arrive();
      owner.reset();
    });
    start.Arrive();
    while (set.contains(text)) {
    }
    killer.join();
    EXPECT_FALSE(ref.has_callback());
    EXPECT_EQ(left, 0u);
  }
}

// A hash with a state, which ends with it.
struct SaltedHash {
  size_t operator()(const int& number) const {
    return static_cast<size_t>(number + salt.at(0));
  }
  std::vector<int> salt = {1};
};
struct RunsAtEnd {
  explicit RunsAtEnd(std::function<void()> call) : at_end(std::move(call)) {}
  ~RunsAtEnd() { at_end(); }
  std::function<void()> at_end;
};

// C33: what a destructor inserts while the map is being destroyed goes with it,
// and the death of its key later is no harm.
TEST(WeakReentryTest, InsertionWhileTheMapEnds) {
  using Map = WeakKeyMap<int, std::shared_ptr<RunsAtEnd>, SaltedHash,
                         std::equal_to<int>>;
  auto numbers = Numbers(2);
  auto inserted = std::make_shared<RunsAtEnd>([] {});
  {
    Map map;
    map.try_emplace(numbers[0], std::make_shared<RunsAtEnd>([&] {
                      EXPECT_FALSE(map.contains(*numbers[0]));
                      map.insert_or_assign(numbers[1], inserted);
                    }));
  }
  EXPECT_EQ(inserted.use_count(), 1);
  EXPECT_EQ(finalize::WeakRefCount(numbers[1]), 0u);
  numbers.clear();
}

struct CallingHash {
  size_t operator()(const Calls& calls) const {
    if (InEquality()) std::exchange(InEquality(), nullptr)();
    return static_cast<size_t>(calls.number);
  }
};
struct NumberEqual {
  bool operator()(const Calls& a, const Calls& b) const {
    return a.number == b.number;
  }
};

// C33: the pointer that is passed may be reset by the user's own code while the
// call goes on.
TEST(WeakReentryTest, PointerIsResetMeanwhile) {
  WeakKeyMap<Calls, int, CallingHash, NumberEqual> map;
  WeakSet<Calls, CallingHash, NumberEqual> set;
  WeakValueMap<Calls, int, CallingHash, NumberEqual> values;
  auto key = MakeShared<Calls>(1);
  const auto arm = [&] {
    key = MakeShared<Calls>(1);
    InEquality() = [&] { key.reset(); };
  };
  arm();
  EXPECT_TRUE(map.insert_or_assign(key, 1).second);
  EXPECT_TRUE(map.empty());
  arm();
  EXPECT_TRUE(map.try_emplace(key, 1).second);
  EXPECT_TRUE(map.empty());
  arm();
  EXPECT_FALSE(map.contains(key));
  arm();
  EXPECT_TRUE(set.insert(key).second);
  EXPECT_TRUE(set.empty());
  arm();
  EXPECT_EQ(set.erase(key), 0u);
  auto value = MakeShared<int>(1);
  InEquality() = [&] { value.reset(); };
  EXPECT_TRUE(values.insert_or_assign(Calls(1), value).second);
  EXPECT_TRUE(values.empty());
  InEquality() = nullptr;
}

}  // namespace
