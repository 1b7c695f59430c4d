// SPDX-License-Identifier: Apache-2.0

// Weak references after fork(), where the child's copies work and run nothing
// that was inherited, and at exit (contract C21, C31).
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "finalize/internal/weak/creation.h"
#include "finalize/lifetime.h"
#include "finalize/shared.h"
#include "finalize/weak_key_map.h"
#include "finalize/weak_ref.h"
#include "finalize/weak_set.h"
#include "finalize/weak_value_map.h"
#include "gtest/gtest.h"
#include "tests/support/forked.h"
#include "tests/support/latch.h"

namespace {

using finalize::MakeShared;
using finalize::WeakRef;
using finalize_test::Forked;
using finalize_test::Latch;

// Returns whether `check` holds in a forked child. One that hangs is ended by
// SIGALRM.
bool HoldsInChild(const std::function<bool()>& check) {
  const pid_t pid = Forked(fork());
  if (pid == 0) {
    alarm(60);
    _exit(check() ? 0 : 1);
  }
  int status = -1;
  waitpid(pid, &status, 0);
  return status == 0;
}

// C21: the child's container is a copy: entries die in each process for itself.
TEST(WeakForkTest, ContainersAreCopies) {
  auto made = MakeShared<int>(1);
  auto foreign = std::make_shared<int>(2);
  finalize::WeakValueMap<int, int> map = {{1, made}, {2, foreign}};
  EXPECT_TRUE(HoldsInChild([&] {
    const bool whole = map.Get(1) == made && map.Get(2) == foreign;
    made.reset();
    const bool one_left = map.size() == 1 && !map.contains(1);
    foreign.reset();
    const bool none_left = map.empty();
    auto own = MakeShared<int>(3);
    map.insert_or_assign(1, own);
    const bool works = map.Get(1) == own;
    own.reset();
    return whole && one_left && none_left && works && map.size() == 0;
  }));
  EXPECT_EQ(map.size(), 2u);
}

// C21: an inherited callback does not run in the child; its own does.
TEST(WeakForkTest, InheritedCallbacksDoNotRun) {
  auto object = MakeShared<int>(1);
  int ran = 0;
  WeakRef<int> inherited(object, [&ran] { ++ran; });
  EXPECT_TRUE(HoldsInChild([&] {
    const bool was_pending = inherited.has_callback();
    const WeakRef<int> own(object, [&ran] { ran += 10; });
    object.reset();
    inherited = WeakRef<int>();
    return !was_pending && ran == 10 && own.expired();
  }));
  EXPECT_TRUE(inherited.has_callback());
  object.reset();
  EXPECT_EQ(ran, 1);
}

// C21: a fork at any moment of any thread leaves no lock held.
TEST(WeakForkTest, ForkAtAnyMomentLeavesContainersUsable) {
  finalize::WeakValueMap<int, int> map;
  finalize::WeakSet<int> set;
  finalize::WeakKeyMap<int, int> keys;
  std::atomic<bool> stop{false};
  const auto work = [&](int first) {
    for (int i = first; !stop.load(); i = first + (i + 1) % 50) {
      auto value = MakeShared<int>(i);
      map.insert_or_assign(i, value);
      set.insert(value);
      keys.insert_or_assign(value, i);
      const WeakRef<int> ref(value, [] {});
      for (const auto& each : set) (void)each;
    }
  };
  std::vector<std::thread> threads;
  for (int first : {0, 1000}) threads.emplace_back(work, first);
  bool all = true;
  for (int round = 0; round < 50 && all; ++round) {
    all = HoldsInChild([&] {
      auto own = MakeShared<int>(-1);
      map.insert_or_assign(-1, own);
      set.insert(own);
      keys.insert_or_assign(own, -1);
      int seen = 0;
      for (const auto& item : map) seen += item.value() != nullptr;
      bool right = map.Get(-1) == own && set.contains(own) && seen > 0;
      own.reset();
      map.EraseExpired();
      return right && !map.contains(-1);
    });
  }
  stop.store(true);
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(all);
}

// C21: the value that a thread of the parent is creating can be created in the
// child, and the map be moved and destroyed there.
TEST(WeakForkTest, KeyOfAFactoryIsFreeInAChild) {
  auto map = std::make_unique<finalize::WeakValueMap<int, int>>();
  Latch started, stop;
  std::shared_ptr<int> kept;
  std::thread creator([&] {
    kept = map->GetOrCreate(1, [&] {
      started.CountDown();
      stop.Wait();
      return MakeShared<int>(1);
    });
  });
  started.Wait();
  EXPECT_TRUE(HoldsInChild([&] {
    const auto own = map->GetOrCreate(1, [] { return MakeShared<int>(2); });
    const bool created = own != nullptr && *own == 2 && map->Get(1) == own;
    const auto moved = std::move(*map);
    map.reset();
    return created && moved.Get(1) == own;
  }));
  stop.CountDown();
  creator.join();
  EXPECT_EQ(*kept, 1);
  EXPECT_EQ(map->Get(1), kept);
}

// C21: a factory that forks goes on in both processes. In the child its key is
// free; a value that was inserted there meanwhile stays.
TEST(WeakForkTest, FactoryMayFork) {
  finalize::WeakValueMap<int, int> map;
  pid_t child = -1;
  std::shared_ptr<int> inner;
  const auto value = map.GetOrCreate(1, [&] {
    child = Forked(fork());
    if (child != 0) return MakeShared<int>(1);
    alarm(60);
    inner = map.GetOrCreate(1, [] { return MakeShared<int>(2); });
    return MakeShared<int>(3);
  });
  if (child == 0) {
    const bool right = inner != nullptr && *inner == 2 && value == inner;
    _exit(right && map.Get(1) == inner ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(*value, 1);
  EXPECT_EQ(map.Get(1), value);
}

// C21: the same where it inserts nothing there: its own value is inserted in
// each process.
TEST(WeakForkTest, FactoryThatForkedReturnsInBoth) {
  finalize::WeakValueMap<int, int> map;
  pid_t child = -1;
  const auto value = map.GetOrCreate(1, [&] {
    child = Forked(fork());
    return MakeShared<int>(child == 0 ? 2 : 1);
  });
  const bool right = *value == (child == 0 ? 2 : 1) && map.Get(1) == value;
  if (child == 0) _exit(right ? 0 : 1);
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(right);
}

// C21: a thread that forks while it waits, in a signal handler say, does not go
// on waiting in the child, where nobody creates the value.
TEST(WeakForkTest, NobodyWaitsForAFactoryOfTheParent) {
  const finalize_internal::Creations map;
  const auto creation = std::make_shared<finalize_internal::Creation>();
  const auto none = [](const finalize_internal::Creation&) { return false; };
  std::thread([&] { map.Begin<true>(creation.get(), 1, none); }).join();
  EXPECT_TRUE(
      HoldsInChild([&] { return creation->Await() && !creation->over(); }));
  creation->End();
  EXPECT_TRUE(creation->Await() && creation->over());
}

// Writes a letter to standard error.
struct Says {
  void operator()() const {
    if (write(STDERR_FILENO, &letter, 1) != 1) _exit(99);
  }
  char letter;
};

// C31: at exit the referent has not died. A finalizer runs then.
TEST(WeakExitTest, ExitDoesNotRunCallbacks) {
  EXPECT_EXIT(
      {
        static auto* const object =
            new std::shared_ptr<int>(MakeShared<int>(1));
        static auto* const ref = new WeakRef<int>(*object, Says{'w'});
        finalize::OnDestroy(*object, Says{'f'});
        exit(ref->has_callback() ? 0 : 1);
      },
      testing::ExitedWithCode(0), "^f$");
}

// C20, C31: an object that a static destructor ends has its callbacks run.
TEST(WeakExitTest, DeathAfterTheExitDrainRunsCallbacks) {
  EXPECT_EXIT(
      {
        static auto* const refs = new std::vector<WeakRef<int>>();
        static std::shared_ptr<int> object = MakeShared<int>(1);
        refs->emplace_back(object, Says{'w'});
        finalize::OnDestroy(MakeShared<int>(2), [] {});  // arms the exit hook
        exit(0);
      },
      testing::ExitedWithCode(0), "^w$");
}

}  // namespace
