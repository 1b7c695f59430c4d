// SPDX-License-Identifier: Apache-2.0

// Ends that meet: of a referent, of a weak reference, of a container (contract
// C31, C33). Also a first insertion by several threads.
#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "finalize/shared.h"
#include "finalize/weak_method.h"
#include "finalize/weak_proxy.h"
#include "finalize/weak_ref.h"
#include "finalize/weak_value_map.h"
#include "gtest/gtest.h"
#include "tests/support/latch.h"

namespace {

using finalize::MakeShared;
using finalize_test::Latch;

constexpr int kThreads = 4;
constexpr int kRounds = 300;

// An object that knows whether it is whole.
struct Object {
  explicit Object(int number_in) : number(number_in) {}
  ~Object() { number = -1; }
  int number;
};
using Pointer = std::shared_ptr<Object>;

// C31: Lock against death: null or a whole object; a callback once, unless its
// reference went first.
TEST(WeakEndRaceTest, CallbackRunsOnceOrNotAtAll) {
  for (int round = 0; round < kRounds; ++round) {
    auto object = MakeShared<Object>(round);
    std::atomic<int> ran{0};
    std::atomic<int> wrong{0};
    std::optional<finalize::WeakRef<Object>> dropped(std::in_place, object,
                                                     [&ran] { ++ran; });
    const finalize::WeakRef<Object> kept(object, [&ran] { ran += 10; });
    Latch start(3);
    std::thread killer([&, own = std::move(object)]() mutable {
      start.Arrive();
      own.reset();
    });
    std::thread dropper([&] {
      start.Arrive();
      dropped.reset();
    });
    start.Arrive();
    while (const auto pinned = kept.Lock()) {
      if (pinned->number != round) ++wrong;
    }
    killer.join();
    dropper.join();
    EXPECT_TRUE(ran == 10 || ran == 11) << ran;
    EXPECT_FALSE(kept.has_callback());
    EXPECT_EQ(wrong, 0);
  }
}

// C33: a container and its referents end at the same moment.
TEST(WeakEndRaceTest, ContainerEndsWhileReferentsDie) {
  for (int round = 0; round < kRounds; ++round) {
    std::vector<Pointer> objects;
    std::optional<finalize::WeakValueMap<int, Object>> map(std::in_place);
    for (int i = 0; i < 20; ++i) {
      objects.push_back(MakeShared<Object>(i));
      map->try_emplace(i, objects.back());
    }
    Latch start(2);
    std::thread killer([&] {
      start.Arrive();
      objects.clear();
    });
    start.Arrive();
    map.reset();
    killer.join();
  }
}

// The first insertions make one table.
TEST(WeakEndRaceTest, FirstInsertionsMeet) {
  for (int round = 0; round < kRounds; ++round) {
    finalize::WeakValueMap<int, Object> map;
    std::vector<Pointer> objects;
    for (int i = 0; i < kThreads; ++i) {
      objects.push_back(MakeShared<Object>(i));
    }
    Latch start(kThreads);
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&, i] {
        start.Arrive();
        map.try_emplace(i, objects[i]);
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(map.size(), size_t{kThreads});
  }
}

// C31: references come and go while others are listed and counted; each that is
// listed is whole.
TEST(WeakEndRaceTest, ListingMeetsComingAndGoing) {
  auto object = MakeShared<Object>(1);
  std::atomic<bool> stop{false};
  std::atomic<int> ran{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      while (!stop.load()) {
        const finalize::WeakRef<Object> ref(object, [&ran] { ++ran; });
        finalize::WeakValueMap<int, Object> map = {{1, object}};
      }
    });
  }
  int wrong = 0;
  for (int round = 0; round < 10 * kRounds; ++round) {
    for (const auto& ref : finalize::WeakRefs(object)) {
      if (ref.Lock() != object || !ref.has_callback()) ++wrong;
    }
    if (finalize::WeakRefCount(object) > 4) ++wrong;
  }
  stop.store(true);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(finalize::WeakRefCount(object), 0u);
  object.reset();
  EXPECT_EQ(ran.load(), 0);
}

// C32, C34: a proxy and a method against death: a whole object, or word of its
// end, which is final.
TEST(WeakEndRaceTest, ProxyAndMethodMeetTheDeath) {
  struct Whole {
    explicit Whole(int number_in) : number(number_in) {}
    ~Whole() { number = -1; }
    int Number() const { return number; }
    int number;
  };
  for (int round = 0; round < kRounds; ++round) {
    auto object = MakeShared<Whole>(round);
    const finalize::WeakProxy<Whole> proxy(object);
    const finalize::WeakMethod<int()> method(object, &Whole::Number);
    std::atomic<int> wrong{0};
    Latch start(3);
    std::thread killer([&, own = std::move(object)]() mutable {
      start.Arrive();
      own.reset();
    });
    std::thread caller([&] {
      start.Arrive();
      bool dead = false;
      for (int i = 0; i < 20; ++i) {
        const std::optional<int> number = method();
        if (number ? dead || *number != round : false) ++wrong;
        dead |= !number;
      }
    });
    start.Arrive();
    bool dead = false;
    for (int i = 0; i < 20; ++i) {
      try {
        if (proxy->Number() != round || dead) ++wrong;
      } catch (const finalize::ReferenceError&) {
        dead = true;
      }
    }
    killer.join();
    caller.join();
    ASSERT_EQ(wrong, 0);
    ASSERT_EQ(method(), std::nullopt);
  }
}

}  // namespace
