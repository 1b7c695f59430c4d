// SPDX-License-Identifier: Apache-2.0

// Deaths inside deaths: at once, but on a stack that does not grow with their
// number (contract C7, C13, C31, C33).
#include <pthread.h>

#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <utility>

#include "finalize/lifetime.h"
#include "finalize/registry.h"
#include "finalize/shared.h"
#include "finalize/weak_key_map.h"
#include "finalize/weak_ref.h"
#include "gtest/gtest.h"
#include "tests/support/captured_failures.h"
#include "tests/support/event_log.h"

namespace {

using finalize::Lifetime;
using finalize::MakeShared;
using finalize::OnDestroy;
using finalize::WeakRef;
using finalize_test::CapturedFailures;
using finalize_test::EventLog;

constexpr int kLong = 100000;
constexpr int kShort = 10000;

// Runs `body` on a thread with a small stack.
void OnSmallStack(std::function<void()> body) {
  constexpr size_t kStackBytes = 1 << 18;
  pthread_attr_t attributes;
  ASSERT_EQ(pthread_attr_init(&attributes), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, kStackBytes), 0);
  pthread_t thread;
  const auto run = [](void* argument) -> void* {
    (*static_cast<std::function<void()>*>(argument))();
    return nullptr;
  };
  ASSERT_EQ(pthread_create(&thread, &attributes, run, &body), 0);
  pthread_attr_destroy(&attributes);
  pthread_join(thread, nullptr);
}

// Counts itself.
struct Counted {
  explicit Counted(int* living_in) : living(living_in) { ++*living; }
  ~Counted() { --*living; }
  int* living;
};

// Each is owned by the finalizer of the one before.
TEST(WeakCascadeTest, LongChainOfFinalizersEnds) {
  int living = 0;
  int ran = 0;
  auto next = MakeShared<Counted>(&living);
  for (int i = 1; i < kLong; ++i) {
    auto before = MakeShared<Counted>(&living);
    OnDestroy(before, [&ran, own = std::move(next)] { ++ran; });
    next = std::move(before);
  }
  OnSmallStack([&] { next.reset(); });
  EXPECT_EQ(ran, kLong - 1);
  EXPECT_EQ(living, 0);
}

// Each is owned by the callback of a weak reference to the one before.
TEST(WeakCascadeTest, LongChainOfWeakRefsEnds) {
  struct Link : Counted {
    using Counted::Counted;
    WeakRef<Link> ref_to_before;
  };
  int living = 0;
  int ran = 0;
  std::shared_ptr<Link> next = MakeShared<Link>(&living);
  for (int i = 1; i < kLong; ++i) {
    auto before = MakeShared<Link>(&living);
    Link* const link = next.get();
    link->ref_to_before =
        WeakRef<Link>(before, [&ran, own = std::move(next)] { ++ran; });
    next = std::move(before);
  }
  OnSmallStack([&] { next.reset(); });
  EXPECT_EQ(ran, kLong - 1);
  EXPECT_EQ(living, 0);
}

// Each is owned by the value that a map attaches to the one before.
TEST(WeakCascadeTest, LongChainInAMapEnds) {
  int living = 0;
  finalize::WeakKeyMap<Counted, std::shared_ptr<Counted>> map;
  auto next = MakeShared<Counted>(&living);
  for (int i = 1; i < kLong; ++i) {
    auto before = MakeShared<Counted>(&living);
    map.try_emplace(before, std::move(next));
    next = std::move(before);
  }
  OnSmallStack([&] { next.reset(); });
  EXPECT_EQ(living, 0);
  EXPECT_TRUE(map.empty());
}

// Each has a Lifetime whose finalizer owns the next one.
TEST(WeakCascadeTest, LongChainOfLifetimesEnds) {
  struct Link : Counted {
    using Counted::Counted;
    Lifetime lifetime;
  };
  int living = 0;
  int ran = 0;
  auto next = std::make_unique<Link>(&living);
  for (int i = 1; i < kLong; ++i) {
    auto before = std::make_unique<Link>(&living);
    OnDestroy(before->lifetime,
              [&ran, own = std::shared_ptr<Link>(std::move(next))] { ++ran; });
    next = std::move(before);
  }
  OnSmallStack([&] { next.reset(); });
  EXPECT_EQ(ran, kLong - 1);
  EXPECT_EQ(living, 0);
}

// A death in a callback is complete when that goes on.
TEST(WeakCascadeTest, DeathInACallbackIsImmediate) {
  EventLog log;
  auto inner = MakeShared<int>(1);
  OnDestroy(inner, log.Adds("inner"));
  auto outer = MakeShared<int>(2);
  OnDestroy(outer, [&] {
    log.Add("before");
    inner.reset();
    log.Add("after");
  });
  outer.reset();
  EXPECT_EQ(log.Text(), "before inner after");
}

// However deep: the destructor, then all callbacks, those of one object newest
// first.
TEST(WeakCascadeTest, DeepDeathsKeepTheirOrder) {
  constexpr int kDepth = 200;
  EventLog log;
  struct Node {
    explicit Node(EventLog* log_in) : log(log_in) {}
    ~Node() { log->Add("d"); }
    EventLog* log;
    std::shared_ptr<Node> next;
  };
  auto next = MakeShared<Node>(&log);
  std::string expected = "d last";
  OnDestroy(next, log.Adds("last"));
  for (int i = 0; i < kDepth; ++i) {
    auto before = MakeShared<Node>(&log);
    OnDestroy(before, log.Adds("2"));
    OnDestroy(before, [&log, own = std::move(next)]() mutable {
      own.reset();
      log.Add("1");
    });
    next = std::move(before);
    expected = "d " + expected + " 1 2";
  }
  next.reset();
  EXPECT_EQ(log.Text(), expected);
}

// Runs `body` in a callback at that depth, each in the body of the one before.
void RunNested(int depth, const std::function<void()>& body) {
  if (depth == 0) return body();
  Lifetime lifetime;
  OnDestroy(lifetime, [&] { RunNested(depth - 1, body); });
}

// The same, each in the destructor of what the one before has bound.
void RunChained(int depth, const std::function<void()>& body) {
  auto next = MakeShared<int>(depth);
  OnDestroy(next, body);
  for (int i = 1; i < depth; ++i) {
    auto before = MakeShared<int>(i);
    OnDestroy(before, [own = std::move(next)] {});
    next = std::move(before);
  }
  next.reset();
}

using RunAtDepth = void (*)(int, const std::function<void()>&);

class DeepEndTest
    : public ::testing::TestWithParam<std::tuple<RunAtDepth, int>> {
 protected:
  // `body` runs in a callback, and what ends in it ends at the depth of the
  // case.
  void Run(const std::function<void()>& body) {
    int runs = 0;
    const auto [run, depth] = GetParam();
    run(depth - 1, [&] {
      ++runs;
      body();
    });
    EXPECT_EQ(runs, 1);
  }
};

INSTANTIATE_TEST_SUITE_P(InBodies, DeepEndTest,
                         ::testing::Combine(::testing::Values(&RunNested),
                                            ::testing::Values(1, 2, 63, 64, 65,
                                                              66, 130)));
INSTANTIATE_TEST_SUITE_P(InDestructors, DeepEndTest,
                         ::testing::Combine(::testing::Values(&RunChained),
                                            ::testing::Values(2, 63, 64, 65, 66,
                                                              130)));

// C13: the callbacks of a Lifetime have run when its end returns.
TEST_P(DeepEndTest, LifetimeRunsItsCallbacks) {
  Run([] {
    std::string of_the_frame;
    {
      Lifetime lifetime;
      OnDestroy(lifetime, [&] { of_the_frame += "older"; });
      OnDestroy(lifetime, [&] { of_the_frame += "newer "; });
    }
    EXPECT_EQ(of_the_frame, "newer older");
    of_the_frame = "over";
  });
}

// C13: those of a shared object as well.
TEST_P(DeepEndTest, SharedObjectRunsItsCallbacks) {
  Run([] {
    std::string of_the_frame;
    auto object = MakeShared<int>(1);
    auto finalizer = OnDestroy(object, [&] { of_the_frame += "ran"; });
    object.reset();
    EXPECT_EQ(of_the_frame, "ran");
    EXPECT_FALSE(finalizer.alive());
  });
}

// C13: one that a failed callback leaves behind does too.
TEST_P(DeepEndTest, FailedCallbackDoesNotHoldTheRestUp) {
  CapturedFailures failures;
  Run([] {
    int ran = 0;
    {
      Lifetime lifetime;
      OnDestroy(lifetime, [&] { ++ran; });
      OnDestroy(lifetime, [&] {
        ++ran;
        throw 1;
      });
    }
    EXPECT_EQ(ran, 2);
  });
  EXPECT_EQ(failures.size(), 1u);
}

// C7: a bound argument whose deleter refers to the frame of the callback in
// which its object ends.
TEST_P(DeepEndTest, BoundArgumentIsDestroyedBeforeTheFrame) {
  Run([] {
    std::string of_the_frame = "alive";
    std::string seen;
    {
      Lifetime lifetime;
      std::shared_ptr<int> bound(new int(1), [&](int* p) {
        seen = of_the_frame;
        delete p;
      });
      OnDestroy(
          lifetime, {}, [](const std::shared_ptr<int>&) {}, std::move(bound));
    }
    EXPECT_EQ(seen, "alive");
    of_the_frame = "gone";
  });
}

// C31: its callback has run before the reference is dropped.
TEST_P(DeepEndTest, WeakRefThatIsDroppedNextHasRunItsCallback) {
  Run([] {
    bool ran = false;
    {
      auto object = MakeShared<int>(1);
      WeakRef<int> ref(object, [&] { ran = true; });
      object.reset();
      EXPECT_TRUE(ran);
    }
    EXPECT_TRUE(ran);
  });
}

// C33: the value of a dead key dies with it, and before the map.
TEST_P(DeepEndTest, ValueOfAMapDiesWithItsKey) {
  Run([] {
    int living = 0;
    {
      finalize::WeakKeyMap<int, std::unique_ptr<Counted>> map;
      auto key = MakeShared<int>(1);
      map.try_emplace(key, std::make_unique<Counted>(&living));
      EXPECT_EQ(living, 1);
      key.reset();
      EXPECT_EQ(living, 0);
    }
  });
}

// C7: a chain of a million in a stack of 256 KiB.
TEST(WeakCascadeTest, ChainOfAMillionTakesABoundedStack) {
  constexpr int kMillion = 1000000;
  int ran = 0;
  auto next = MakeShared<int>(0);
  for (int i = 1; i < kMillion; ++i) {
    auto before = MakeShared<int>(i);
    OnDestroy(before, [&ran, own = std::move(next)] { ++ran; });
    next = std::move(before);
  }
  OnSmallStack([&] { next.reset(); });
  EXPECT_EQ(ran, kMillion - 1);
}

// C7: the callbacks of the chain fail.
TEST(WeakCascadeTest, LongChainOfFailuresEnds) {
  CapturedFailures failures;
  auto next = MakeShared<int>(0);
  for (int i = 1; i < kShort; ++i) {
    auto before = MakeShared<int>(i);
    OnDestroy(before, [own = std::move(next)] { throw 1; });
    next = std::move(before);
  }
  OnSmallStack([&] { next.reset(); });
  EXPECT_EQ(failures.size(), size_t{kShort - 1});
}

// C7: it is owned in turn by a bound argument and by the value of a map.
TEST(WeakCascadeTest, MixedChainEnds) {
  int living = 0;
  finalize::WeakKeyMap<Counted, std::shared_ptr<Counted>> map;
  auto next = MakeShared<Counted>(&living);
  for (int i = 1; i < kLong; ++i) {
    auto before = MakeShared<Counted>(&living);
    if (i % 2 == 0) {
      map.try_emplace(before, std::move(next));
    } else {
      OnDestroy(before, [own = std::move(next)] {});
    }
    next = std::move(before);
  }
  OnSmallStack([&] { next.reset(); });
  EXPECT_EQ(living, 0);
}

// An object that runs something in its destructor.
struct Probe {
  explicit Probe(std::function<void()> act_in) : act(std::move(act_in)) {}
  ~Probe() { act(); }
  std::function<void()> act;
};

// Binds `next` to the end of an object, and a probe of what that has left when
// it is destroyed. Returns a chain in front of it.
std::shared_ptr<int> ChainTo(int depth, std::shared_ptr<int> next) {
  for (int i = 0; i < depth; ++i) {
    auto before = MakeShared<int>(i);
    OnDestroy(before, [own = std::move(next)] {});
    next = std::move(before);
  }
  return next;
}

// An argument of the callback at that depth: the last owner of `last`, it acts
// when `last` has ended in its destructor.
std::shared_ptr<int> ChainToProbe(int depth, std::shared_ptr<int> last,
                                  std::function<void()> act) {
  auto next = MakeShared<int>(0);
  auto probe = std::make_shared<Probe>([last = std::move(last), act]() mutable {
    last.reset();
    act();
  });
  OnDestroy(next, [probe = std::move(probe)] {});
  return ChainTo(depth - 1, std::move(next));
}

// C7, C3: the callback has run, and a wait for it does not wait for what is
// further out on this stack.
TEST(WeakCascadeTest, NobodyWaitsForHisOwnDestruction) {
  for (const int depth : {1, 63, 64, 65, 66, 130}) {
    SCOPED_TRACE(depth);
    auto last = MakeShared<int>(1);
    bool ran = false;
    bool waited = false;
    auto finalizer = OnDestroy(
        last, [&ran, bound = std::make_shared<int>(2)] { ran = true; });
    ChainToProbe(depth, std::move(last), [&] {
      EXPECT_TRUE(ran);
      finalizer.Wait();
      waited = true;
    }).reset();
    EXPECT_TRUE(waited);
  }
}

// C7: a drain in the destructor first destroys what is put off.
TEST(WeakCascadeTest, DrainDestroysWhatIsPutOff) {
  for (const int depth : {1, 63, 64, 65, 66, 130}) {
    SCOPED_TRACE(depth);
    finalize::Registry registry;
    auto last = MakeShared<int>(1);
    int living = 0;
    bool drained = false;
    registry.OnDestroy(last, {},
                       [bound = std::make_shared<Counted>(&living)] {});
    ChainToProbe(depth, std::move(last), [&] {
      EXPECT_EQ(registry.Drain().running, 0u);
      EXPECT_EQ(living, 0);
      drained = true;
    }).reset();
    EXPECT_TRUE(drained);
  }
}

// C7: so does the end of the registry, and that of a container.
TEST(WeakCascadeTest, EndOfARegistryDestroysWhatIsPutOff) {
  for (const int depth : {1, 63, 64, 65, 66, 130}) {
    SCOPED_TRACE(depth);
    auto registry = std::make_unique<finalize::Registry>();
    auto last = MakeShared<int>(1);
    int living = 0;
    registry->OnDestroy(last, {},
                        [bound = std::make_shared<Counted>(&living)] {});
    ChainToProbe(depth, std::move(last), [&] {
      registry.reset();
      EXPECT_EQ(living, 0);
    }).reset();
    EXPECT_EQ(registry, nullptr);
  }
}

// C33: no value outlives its map.
TEST(WeakCascadeTest, EndOfAMapDestroysItsValues) {
  for (const int depth : {1, 63, 64, 65, 66, 130}) {
    SCOPED_TRACE(depth);
    using Map = finalize::WeakKeyMap<int, std::unique_ptr<Counted>>;
    auto map = std::make_unique<Map>();
    auto last = MakeShared<int>(1);
    int living = 0;
    map->try_emplace(last, std::make_unique<Counted>(&living));
    ChainToProbe(depth, std::move(last), [&] {
      map.reset();
      EXPECT_EQ(living, 0);
    }).reset();
    EXPECT_EQ(map, nullptr);
  }
}

}  // namespace
