// SPDX-License-Identifier: Apache-2.0

// Threads that look up, insert, iterate, erase and kill at once: every answer
// is a right one at some moment, and ThreadSanitizer finds nothing (contract
// C21, C31, C33).
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "finalize/shared.h"
#include "finalize/weak_key_map.h"
#include "finalize/weak_set.h"
#include "finalize/weak_value_map.h"
#include "gtest/gtest.h"
#include "tests/support/latch.h"

namespace {

using finalize::MakeShared;
using finalize_test::Latch;

constexpr int kThreads = 4;
constexpr int kSlots = 16;
constexpr int kSteps = 3000;

// An object that knows its number, and whether it is whole.
struct Object {
  explicit Object(int number_in) : number(number_in) {}
  ~Object() { number = -1; }
  int number;
};
using Pointer = std::shared_ptr<Object>;

// The only strong pointers, shared by all threads. Half of the objects are the
// library's, the others are foreign.
class Slots {
 public:
  Pointer Get(int i) {
    std::lock_guard<std::mutex> lock(mutex_);
    return slots_[i];
  }
  void Kill(int i) { Exchange(i, nullptr); }
  Pointer Renew(int i) {
    Pointer made =
        i % 2 == 0 ? MakeShared<Object>(i) : std::make_shared<Object>(i);
    Exchange(i, made);
    return made;
  }

 private:
  void Exchange(int i, Pointer next) {
    std::lock_guard<std::mutex> lock(mutex_);
    std::swap(slots_[i], next);
    // What was there dies when its last user lets go, here or elsewhere.
    old_.push_back(std::move(next));
    if (old_.size() > 4) old_.erase(old_.begin());
  }

  std::mutex mutex_;
  Pointer slots_[kSlots];
  std::vector<Pointer> old_;
};

class Random {
 public:
  explicit Random(int seed) : state_(88172645463325252u + seed) {}
  int Below(int limit) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<int>(state_ % static_cast<uint64_t>(limit));
  }

 private:
  uint64_t state_;
};

// Runs step(random) many times on each of some threads that start together.
void OnThreads(const std::function<void(Random&)>& step) {
  Latch start(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      Random random(i);
      start.Arrive();
      for (int n = 0; n < kSteps; ++n) step(random);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// C33
TEST(WeakRaceTest, ValueMapIsAlwaysRight) {
  finalize::WeakValueMap<std::string, Object> map;
  Slots slots;
  std::atomic<int> wrong{0};
  OnThreads([&](Random& random) {
    const int i = random.Below(kSlots);
    const std::string key = std::to_string(i);
    // A key of this thread alone is found while its value lives.
    thread_local const Pointer own = MakeShared<Object>(kSlots);
    thread_local const std::string own_key =
        "own " + std::to_string(reinterpret_cast<uintptr_t>(own.get()));
    map.try_emplace(own_key, own);
    if (map.Get(own_key) != own || !map.contains(own_key)) ++wrong;
    switch (random.Below(8)) {
      case 0:
      case 1:
        map.insert_or_assign(key, slots.Renew(i));
        break;
      case 2: {
        const Pointer mine = slots.Renew(i);
        if ((*map.try_emplace(key, mine).first).value()->number != i) ++wrong;
        break;
      }
      case 3:
        slots.Kill(i);
        break;
      case 4:
        map.erase(key);
        break;
      case 5:
        for (const auto& [each_key, value] : map) {
          if (value->number != kSlots &&
              std::to_string(value->number) != each_key) {
            ++wrong;
          }
        }
        break;
      case 6:
        if (map.size() > kSlots + kThreads) ++wrong;
        break;
      default:
        if (const Pointer found = map.Get(key)) {
          if (found->number != i) ++wrong;
        }
    }
  });
  EXPECT_EQ(wrong.load(), 0);
  for (int i = 0; i < kSlots; ++i) slots.Kill(i);
  for (int i = 0; i < 8; ++i) slots.Renew(0);  // those let go
  slots.Kill(0);
  EXPECT_LE(map.size(), 1u);
}

// C33
TEST(WeakRaceTest, KeyMapIsAlwaysRight) {
  finalize::WeakKeyMap<Object, std::shared_ptr<int>> map;
  Slots slots;
  std::atomic<int> wrong{0};
  OnThreads([&](Random& random) {
    const int i = random.Below(kSlots);
    const Pointer key = slots.Get(i);
    switch (random.Below(7)) {
      case 0:
      case 1:
        map.insert_or_assign(slots.Renew(i), std::make_shared<int>(i));
        break;
      case 2:
        if (key != nullptr &&
            *(*map.try_emplace(key, std::make_shared<int>(i)).first).value() !=
                i) {
          ++wrong;
        }
        break;
      case 3:
        slots.Kill(i);
        break;
      case 4:
        if (key != nullptr) map.erase(key);
        break;
      case 5:
        for (const auto& [each, value] : map) {
          if (each->number != *value) ++wrong;
        }
        break;
      default:
        if (key == nullptr) break;
        if (const auto found = map.Get(key)) {
          if (**found != i) ++wrong;
        }
    }
  });
  EXPECT_EQ(wrong.load(), 0);
}

struct ByNumber {
  size_t operator()(const Object& object) const {
    return static_cast<size_t>(object.number % 3);
  }
  bool operator()(const Object& a, const Object& b) const {
    return a.number == b.number;
  }
};

// C33: with an equality of the user's, which runs unlocked, and a bad hash.
TEST(WeakRaceTest, SetByValueHoldsEachValueOnce) {
  finalize::WeakSet<Object, ByNumber, ByNumber> set;
  Slots slots;
  std::atomic<int> wrong{0};
  OnThreads([&](Random& random) {
    const int i = random.Below(kSlots);
    switch (random.Below(6)) {
      case 0:
      case 1:
        set.insert(slots.Renew(i));
        break;
      case 2:
        slots.Kill(i);
        break;
      case 3:
        set.erase(Object(i));
        break;
      case 4: {
        // Objects that are pinned at once are different: dead ones do not
        // count.
        std::vector<Pointer> members(set.begin(), set.end());
        for (const Pointer& member : members) {
          if (member->number < 0 || member->number >= kSlots) ++wrong;
        }
        break;
      }
      default:
        if (const Pointer found = set.Get(Object(i))) {
          if (found->number != i) ++wrong;
        }
    }
  });
  EXPECT_EQ(wrong.load(), 0);
  for (int i = 0; i < kSlots; ++i) {
    const Pointer one = MakeShared<Object>(i);
    const Pointer other = MakeShared<Object>(i);
    set.insert(one);
    EXPECT_FALSE(set.insert(other).second);
    set.erase(Object(i));
    EXPECT_FALSE(set.contains(Object(i)));
  }
}

}  // namespace
