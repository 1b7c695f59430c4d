// Deaths inside deaths: at once, but on a stack that does not grow with their
// number (contract C7, C13, C31, C33).
#include <pthread.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "finalize/lifetime.h"
#include "finalize/shared.h"
#include "finalize/weak_key_map.h"
#include "finalize/weak_ref.h"
#include "gtest/gtest.h"
#include "tests/event_log.h"

namespace {

using finalize::Lifetime;
using finalize::MakeShared;
using finalize::OnDestroy;
using finalize::WeakRef;

constexpr int kLong = 100000;

// Runs `body` on a thread with a small stack.
void OnSmallStack(std::function<void()> body) {
  constexpr size_t kStackBytes = 1 << 20;
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

// However deep: the destructor at once, all callbacks, and then the memory;
// those of one object newest first.
TEST(WeakCascadeTest, PutOffDeathsKeepTheirOrder) {
  constexpr int kDepth = 200;
  EventLog log;
  struct Node {
    explicit Node(EventLog* log_in) : log(log_in) {}
    ~Node() { log->Add("d"); }
    EventLog* log;
    std::shared_ptr<Node> next;
  };
  auto next = MakeShared<Node>(&log);
  OnDestroy(next, log.Adds("last"));
  for (int i = 0; i < kDepth; ++i) {
    auto before = MakeShared<Node>(&log);
    OnDestroy(before, log.Adds("2"));
    OnDestroy(before, [&log, own = std::move(next)]() mutable {
      own.reset();
      log.Add("1");
    });
    next = std::move(before);
  }
  next.reset();
  std::string text = log.Text();
  const auto count = [&text](const std::string& word) {
    int found = 0;
    for (size_t at = 0; (at = text.find(word, at)) != text.npos; ++at) ++found;
    return found;
  };
  EXPECT_EQ(count("d"), kDepth + 1);
  EXPECT_EQ(count("1"), kDepth);
  EXPECT_EQ(count("2"), kDepth);
  EXPECT_EQ(count("last"), 1);
  // The outermost ended last, since each waited for the next one.
  EXPECT_EQ(text.substr(text.size() - 3), "1 2");
}

// A finalizer of an object that is put off is pending, and can be taken away.
TEST(WeakCascadeTest, PutOffFinalizerCanBeDetached) {
  constexpr int kDepth = 100;
  EventLog log;
  auto next = MakeShared<int>(0);
  auto last = OnDestroy(next, log.Adds("last"));
  bool pending = false;
  bool ended = false;
  for (int i = 0; i < kDepth; ++i) {
    auto before = MakeShared<int>(i);
    OnDestroy(before, [&, own = std::move(next), i]() mutable {
      const std::weak_ptr<int> weak = own;
      own.reset();
      if (i == 0) {
        ended = weak.expired();
        pending = last.alive();
        last.Detach();
      }
    });
    next = std::move(before);
  }
  next.reset();
  EXPECT_TRUE(ended);
  EXPECT_TRUE(pending);
  EXPECT_EQ(log.Text(), "");
}

}  // namespace
