// SPDX-License-Identifier: Apache-2.0

// The callbacks of weak references: when, in which order, and what else is told
// (contract C13, C14, C31).
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "finalize/finalizer.h"
#include "finalize/lifetime.h"
#include "finalize/registry.h"
#include "finalize/shared.h"
#include "finalize/weak_key_map.h"
#include "finalize/weak_method.h"
#include "finalize/weak_proxy.h"
#include "finalize/weak_ref.h"
#include "finalize/weak_value_map.h"
#include "gtest/gtest.h"
#include "tests/support/captured_failures.h"
#include "tests/support/event_log.h"

namespace {

using finalize::MakeShared;
using finalize::OnDestroy;
using finalize::WeakRef;
using finalize::WeakRefCount;
using finalize::WeakRefs;
using finalize_test::CapturedFailures;
using finalize_test::EventLog;

struct Object {
  explicit Object(EventLog* log_in) : log(log_in) {}
  ~Object() { log->Add("destructor"); }
  int Method() { return 1; }
  EventLog* log;
};

// C31: once, at the death.
TEST(WeakCallbackTest, RunsOnceAtTheDeath) {
  EventLog log;
  auto object = MakeShared<Object>(&log);
  const WeakRef<Object> ref(object, log.Adds("callback"));
  EXPECT_TRUE(ref.has_callback());
  EXPECT_EQ(log.Text(), "");
  object.reset();
  EXPECT_EQ(log.Text(), "destructor callback");
  EXPECT_FALSE(ref.has_callback());
}

// C31: it gets the reference, which is dead.
TEST(WeakCallbackTest, GetsTheDeadReference) {
  auto object = MakeShared<int>(1);
  std::optional<WeakRef<int>> got;
  const WeakRef<int> ref(object,
                         [&got](const WeakRef<int>& self) { got = self; });
  object.reset();
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(*got, ref);
  EXPECT_TRUE(got->expired());
  EXPECT_FALSE(got->has_callback());
}

// C31: with the reference the callback goes, unrun, and what it holds.
TEST(WeakCallbackTest, IsDestroyedWithTheReference) {
  bool ran = false;
  auto held = std::make_shared<int>(1);
  auto object = MakeShared<int>(1);
  {
    WeakRef<int> ref(object, [&ran, held] { ran = true; });
    EXPECT_EQ(held.use_count(), 2);
  }
  EXPECT_EQ(held.use_count(), 1);
  object.reset();
  EXPECT_FALSE(ran);
}

// C31: copies are the same reference; the last one counts.
TEST(WeakCallbackTest, StaysWithTheLastCopy) {
  EventLog log;
  auto object = MakeShared<int>(1);
  std::optional<WeakRef<int>> first(std::in_place, object, log.Adds("once"));
  WeakRef<const int> second = *first;
  first.reset();
  EXPECT_TRUE(second.has_callback());
  object.reset();
  EXPECT_EQ(log.Text(), "once");
}

// C31: assigning over a reference lets its callback go.
TEST(WeakCallbackTest, IsDestroyedWhenItsReferenceIsAssignedOver) {
  EventLog log;
  auto object = MakeShared<int>(1);
  WeakRef<int> ref(object, log.Adds("old"));
  ref = WeakRef<int>(object, log.Adds("new"));
  object.reset();
  EXPECT_EQ(log.Text(), "new");
}

// C31: newest first, together with finalizers and with those of proxies and
// methods. C13: after the destructor.
TEST(WeakCallbackTest, RunsInOneOrderWithFinalizers) {
  EventLog log;
  auto object = MakeShared<Object>(&log);
  const WeakRef<Object> first(object, log.Adds("ref1"));
  OnDestroy(object, log.Adds("finalizer2"));
  const finalize::WeakProxy<Object> third(object, log.Adds("proxy3"));
  const finalize::WeakMethod<int()> fourth(object, &Object::Method,
                                           log.Adds("method4"));
  OnDestroy(object, log.Adds("finalizer5"));
  const WeakRef<Object> sixth(object, log.Adds("ref6"));
  object.reset();
  EXPECT_EQ(log.Text(),
            "destructor ref6 finalizer5 method4 proxy3 finalizer2 ref1");
}

// C13, C31: every weak reference is dead before the destructor and the first
// callback, and every entry of a weak container is out.
TEST(WeakCallbackTest, SeesAllReferencesDead) {
  struct Looks {
    ~Looks() { look(); }
    std::function<void()> look;
  };
  auto object = MakeShared<Looks>();
  finalize::WeakValueMap<int, Looks> map;
  finalize::WeakKeyMap<Looks, int> keys;
  map.try_emplace(1, object);
  keys.try_emplace(object, 1);
  std::optional<WeakRef<Looks>> older(std::in_place, object);
  std::optional<WeakRef<Looks>> newer;
  const Looks* const address = object.get();
  int looks = 0;
  const auto look = [&] {
    ++looks;
    EXPECT_TRUE(older->expired());
    EXPECT_TRUE(newer->expired());
    EXPECT_FALSE(map.contains(1));
    EXPECT_EQ(map.size(), 0u);
    EXPECT_FALSE(keys.contains(*address));
    EXPECT_TRUE(keys.empty());
  };
  older.emplace(object, look);
  newer.emplace(object, look);
  object->look = look;
  OnDestroy(object, look);
  object.reset();
  EXPECT_EQ(looks, 4);
}

// C13: the memory outlives the callbacks.
TEST(WeakCallbackTest, MemoryOutlivesIt) {
  auto object = MakeShared<std::pair<int, int>>(1, 2);
  const void* const address = object.get();
  bool reused = true;
  const WeakRef ref(object, [&] {
    auto other = std::make_unique<std::pair<int, int>>();
    reused = other.get() == address;
  });
  object.reset();
  EXPECT_FALSE(reused);
}

// C31: a reference that its own referent owns does not call.
TEST(WeakCallbackTest, DoesNotRunIfTheReferentOwnsIt) {
  struct Owner {
    WeakRef<Owner> self;
  };
  bool ran = false;
  auto owner = MakeShared<Owner>();
  owner->self = WeakRef<Owner>(owner, [&ran] { ran = true; });
  owner.reset();
  EXPECT_FALSE(ran);
}

// C14: what it throws is reported, and the others run.
TEST(WeakCallbackTest, FailureIsReported) {
  CapturedFailures failures;
  EventLog log;
  auto object = MakeShared<int>(1);
  const WeakRef<int> a(object, log.Adds("last"));
  const WeakRef<int> b(object, [] { throw std::runtime_error("broken"); });
  const WeakRef<int> c(object, [] { return absl::NotFoundError("missing"); });
  const int line = __LINE__ - 2;
  object.reset();
  EXPECT_EQ(log.Text(), "last");
  ASSERT_EQ(failures.size(), 2u);
  EXPECT_EQ(failures.at(0).status.code(), absl::StatusCode::kNotFound);
  EXPECT_NE(failures.at(1).ToString().find("broken"), std::string::npos);
  EXPECT_EQ(failures.at(1).place.line, line);
}

// C31: one that nothing tells of its death cannot call. C20: it is refused.
TEST(WeakCallbackTest, IsRefusedForAForeignReferent) {
  CapturedFailures failures;
  bool ran = false;
  auto foreign = std::make_shared<int>(1);
  const WeakRef<int> ref(foreign, [&ran] { ran = true; });
  EXPECT_FALSE(ref.has_callback());
  EXPECT_EQ(ref.Lock(), foreign);
  foreign.reset();
  EXPECT_FALSE(ran);
  EXPECT_TRUE(ref.expired());
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_EQ(failures.at(0).outcome, finalize::ReportEntry::Outcome::kRefused);
}

// C31: not by a drain while the object lives.
TEST(WeakCallbackTest, DrainsDoNotRunIt) {
  EventLog log;
  auto object = MakeShared<int>(1);
  const WeakRef<int> ref(object, log.Adds("death"));
  const size_t pending = finalize::Registry::Process().size();
  finalize::Registry::Process().Drain();
  EXPECT_EQ(pending, 0u);
  EXPECT_EQ(log.Text(), "");
  object.reset();
  EXPECT_EQ(log.Text(), "death");
}

// A callback may drop the last copy of its own reference.
TEST(WeakCallbackTest, MayDropItsReference) {
  EventLog log;
  auto object = MakeShared<int>(1);
  std::optional<WeakRef<int>> ref;
  ref.emplace(object, [&] {
    ref.reset();
    log.Add("dropped");
  });
  object.reset();
  EXPECT_EQ(log.Text(), "dropped");
}

// On the thread that drops the last owner.
TEST(WeakCallbackTest, RunsOnTheLastOwnersThread) {
  std::thread::id ran_on;
  auto object = MakeShared<int>(1);
  const WeakRef<int> ref(object,
                         [&ran_on] { ran_on = std::this_thread::get_id(); });
  std::thread last([&, own = std::move(object)]() mutable {
    own.reset();
    EXPECT_EQ(ran_on, std::this_thread::get_id());
  });
  last.join();
}

// Counted is what will be told: finalizers, callbacks, entries.
TEST(WeakRefCountTest, CountsWhatIsTold) {
  auto object = MakeShared<int>(1);
  EXPECT_EQ(WeakRefCount(object), 0u);
  WeakRef<int> plain = object;
  EXPECT_EQ(WeakRefCount(object), 0u);
  std::optional<WeakRef<int>> calls(std::in_place, object, [] {});
  EXPECT_EQ(WeakRefCount(object), 1u);
  auto finalizer = OnDestroy(object, [] {});
  EXPECT_EQ(WeakRefCount(object), 2u);
  finalize::WeakValueMap<int, int> map;
  map.try_emplace(1, object);
  EXPECT_EQ(WeakRefCount(object), 3u);
  // Each disappears at once.
  finalizer.Detach();
  EXPECT_EQ(WeakRefCount(object), 2u);
  calls.reset();
  EXPECT_EQ(WeakRefCount(object), 1u);
  map.clear();
  EXPECT_EQ(WeakRefCount(object), 0u);
}

TEST(WeakRefCountTest, IsZeroIfNothingTells) {
  auto foreign = std::make_shared<int>(1);
  EXPECT_EQ(WeakRefCount(foreign), 0u);
  EXPECT_EQ(WeakRefCount(std::shared_ptr<int>()), 0u);
  EXPECT_TRUE(WeakRefs(foreign).empty());
}

// Listed are those with a callback, newest first.
TEST(WeakRefsTest, ListsCallbacksNewestFirst) {
  EventLog log;
  auto object = MakeShared<int>(1);
  std::optional<WeakRef<int>> first(std::in_place, object, log.Adds("first"));
  std::optional<WeakRef<int>> second(std::in_place, object, log.Adds("second"));
  std::vector<WeakRef<int>> refs = WeakRefs(object);
  ASSERT_EQ(refs.size(), 2u);
  EXPECT_EQ(refs[0], *first);
  // They share the callbacks.
  first.reset();
  second.reset();
  refs.pop_back();
  object.reset();
  EXPECT_EQ(log.Text(), "second");
}

}  // namespace
