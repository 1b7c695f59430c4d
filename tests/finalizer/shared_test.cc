// SPDX-License-Identifier: Apache-2.0

// MakeShared and Adopt (contract C13).
#include "finalize/shared.h"

#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "finalize/cause.h"
#include "finalize/lifetime.h"
#include "finalize/options.h"
#include "finalize/registry.h"
#include "gtest/gtest.h"
#include "tests/support/captured_failures.h"
#include "tests/support/event_log.h"

namespace {

using finalize::Adopt;
using finalize::MakeShared;
using finalize::OnDestroy;
using finalize::Options;
using finalize::Registry;
using finalize::ReportEntry;
using finalize_test::CapturedFailures;
using finalize_test::EventLog;

// Logs its death, and what its memory says at any time.
struct Object {
  explicit Object(EventLog* log_in, int value_in = 0)
      : log(log_in), value(value_in) {}
  ~Object() { log->Add("destructor"); }
  EventLog* log;
  int value;
};

// C13: weak references dead, destructor, callbacks newest first, and only then
// the memory is freed.
TEST(SharedTest, DeathGoesInOrder) {
  EventLog log;
  auto shared = MakeShared<Object>(&log);
  std::weak_ptr<Object> weak = shared;
  OnDestroy(shared, [&] { log.Add("older"); });
  OnDestroy(shared,
            [&] { log.Add(weak.expired() ? "newer-expired" : "newer-alive"); });
  shared.reset();
  EXPECT_EQ(log.Text(), "destructor newer-expired older");
}

// C13: in the destructor the weak references are dead already.
TEST(SharedTest, DestructorSeesWeakReferencesDead) {
  struct Looks {
    ~Looks() { *expired = weak->expired(); }
    std::weak_ptr<Looks>* weak;
    bool* expired;
  };
  std::weak_ptr<Looks> weak;
  bool expired = false;
  auto shared = MakeShared<Looks>(Looks{&weak, &expired});
  expired = false;
  weak = shared;
  shared.reset();
  EXPECT_TRUE(expired);
}

// C13: the memory is not reused while callbacks run: its address names it.
TEST(SharedTest, MemoryOutlivesTheCallbacks) {
  auto shared = MakeShared<std::pair<int, int>>(1, 2);
  const std::pair<int, int>* const address = shared.get();
  bool reused = true;
  OnDestroy(shared, [&] {
    // The allocator gives what was freed last first.
    auto other = std::make_unique<std::pair<int, int>>();
    reused = other.get() == address;
  });
  shared.reset();
  EXPECT_FALSE(reused);
}

// A pointer made by MakeShared is an ordinary shared_ptr.
TEST(SharedTest, MakeSharedMakesAnObject) {
  auto text = MakeShared<std::string>(3, 'x');
  EXPECT_EQ(*text, "xxx");
  EXPECT_EQ(text.use_count(), 1);
  auto fixed = MakeShared<const std::string>("c");
  EXPECT_EQ(*fixed, "c");
  auto owner = MakeShared<std::unique_ptr<int>>(std::make_unique<int>(2));
  EXPECT_EQ(**owner, 2);
}

// An over-aligned object is aligned.
TEST(SharedTest, MakeSharedAligns) {
  struct alignas(128) Wide {
    char c;
  };
  auto wide = MakeShared<Wide>();
  EXPECT_EQ(reinterpret_cast<uintptr_t>(wide.get()) % 128, 0u);
}

// A constructor that throws leaves nothing behind.
TEST(SharedTest, ThrowingConstructorReachesTheCaller) {
  struct Throws {
    Throws() { throw 7; }
  };
  EXPECT_THROW(MakeShared<Throws>(), int);
}

// C13: through aliases and void pointers.
TEST(SharedTest, AliasesShareTheLifetime) {
  EventLog log;
  auto shared = MakeShared<Object>(&log);
  std::shared_ptr<int> alias(shared, &shared->value);
  std::shared_ptr<const void> nothing = shared;
  std::shared_ptr<const volatile int> odd = alias;
  OnDestroy(alias, log.Adds("alias"));
  OnDestroy(nothing, log.Adds("void"));
  OnDestroy(odd, log.Adds("volatile"));
  shared.reset();
  nothing.reset();
  odd.reset();
  EXPECT_EQ(log.Text(), "");  // the alias owns it
  alias.reset();
  EXPECT_EQ(log.Text(), "destructor volatile void alias");
}

// C13: through a base class, with or without a virtual destructor.
TEST(SharedTest, BasePointersShareTheLifetime) {
  struct Base {
    int b = 0;
  };
  struct Derived : Base {
    explicit Derived(EventLog* log) : object(log) {}
    Object object;
  };
  EventLog log;
  std::shared_ptr<Base> base = MakeShared<Derived>(&log);
  OnDestroy(base, log.Adds("callback"));
  base.reset();
  EXPECT_EQ(log.Text(), "destructor callback");
}

// C20: a pointer that something else made is refused.
TEST(SharedTest, ForeignPointerIsRefused) {
  CapturedFailures failures;
  bool ran = false;
  auto foreign = std::make_shared<int>();
  auto f = OnDestroy(foreign, Options("foreign"), [&] { ran = true; });
  EXPECT_FALSE(f.alive());
  foreign.reset();
  EXPECT_FALSE(ran);
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_EQ(failures.at(0).name, "foreign");
  EXPECT_EQ(failures.at(0).outcome, ReportEntry::Outcome::kRefused);
  EXPECT_EQ(failures.at(0).status.code(), absl::StatusCode::kInvalidArgument);
}

// C20: so is a null one, and an expired one.
TEST(SharedTest, NullPointerIsRefused) {
  CapturedFailures failures;
  EXPECT_FALSE(OnDestroy(std::shared_ptr<int>(), [] {}).alive());
  std::weak_ptr<int> expired = MakeShared<int>(1);
  EXPECT_FALSE(OnDestroy(expired.lock(), [] {}).alive());
  EXPECT_EQ(failures.size(), 2u);
}

// C20: or runs at once where the options ask for it.
TEST(SharedTest, RefusedOneRunsNowIfAsked) {
  CapturedFailures failures;
  finalize::Cause cause = finalize::Cause::Kind::kCall;
  OnDestroy(std::make_shared<int>(),
            Options().set_if_closed(finalize::IfClosed::kRunNow),
            [&](const finalize::Cause& c) { cause = c; });
  EXPECT_EQ(cause, finalize::Cause::Kind::kClosed);
  OnDestroy(std::shared_ptr<int>(),
            Options("bad").set_if_closed(finalize::IfClosed::kRunNow),
            [] { throw 1; });
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_EQ(failures.at(0).outcome, ReportEntry::Outcome::kFailed);
}

// Adopt takes over an object with its default deleter.
TEST(SharedTest, AdoptTakesOver) {
  EventLog log;
  auto shared = Adopt(std::make_unique<Object>(&log));
  OnDestroy(shared, log.Adds("callback"));
  shared.reset();
  EXPECT_EQ(log.Text(), "destructor callback");
}

// Adopt keeps the deleter, which frees before the callbacks.
TEST(SharedTest, AdoptKeepsTheDeleter) {
  EventLog log;
  struct Deleter {
    void operator()(Object* object) const {
      EventLog* log = object->log;
      delete object;
      log->Add("deleter");
    }
  };
  auto shared = Adopt(std::unique_ptr<Object, Deleter>(new Object(&log)));
  OnDestroy(shared, log.Adds("callback"));
  shared.reset();
  EXPECT_EQ(log.Text(), "destructor deleter callback");
}

// A deleter by reference, and a function as one.
TEST(SharedTest, AdoptTakesDeletersOfEveryKind) {
  EventLog log;
  auto by_reference = [&log](int* n) {
    delete n;
    log.Add("reference");
  };
  auto first = Adopt(
      std::unique_ptr<int, decltype(by_reference)&>(new int, by_reference));
  first.reset();
  auto second = Adopt(std::unique_ptr<int, void (*)(int*)>(
      new int(1), [](int* n) { delete n; }));
  OnDestroy(second, log.Adds("callback"));
  second.reset();
  EXPECT_EQ(log.Text(), "reference callback");
}

// Adopting nothing gives nothing.
TEST(SharedTest, AdoptOfNullIsNull) {
  EXPECT_EQ(Adopt(std::unique_ptr<int>()), nullptr);
}

// enable_shared_from_this works with both.
struct Selfish : std::enable_shared_from_this<Selfish> {};
TEST(SharedTest, SharedFromThisSharesTheLifetime) {
  EventLog log;
  for (auto shared :
       {MakeShared<Selfish>(), Adopt(std::make_unique<Selfish>())}) {
    OnDestroy(shared->shared_from_this(), log.Adds("callback"));
  }
  EXPECT_EQ(log.Text(), "callback callback");
}

// C13: whatever at_exit says, and each once where a drain came first.
TEST(SharedTest, DrainAndDeathCompete) {
  EventLog log;
  Registry registry;
  auto shared = MakeShared<int>(1);
  registry.OnDestroy(shared, {}, log.Adds("drained"));
  registry.Drain();
  registry.OnDestroy(shared, Options().set_at_exit(false),
                     log.Adds("destroyed"));
  shared.reset();
  EXPECT_EQ(log.Text(), "drained destroyed");
}

// The callback must not own its referent: then it lives on, until it is
// claimed.
TEST(SharedTest, CallbackThatOwnsItsReferentKeepsItAlive) {
  Registry registry;
  auto shared = MakeShared<int>(1);
  std::weak_ptr<int> weak = shared;
  auto f = registry.OnDestroy(shared, {}, [shared] {});
  shared.reset();
  EXPECT_FALSE(weak.expired());
  f.Run();
  EXPECT_TRUE(weak.expired());
}

// Dropped on another thread, where the callbacks run then.
TEST(SharedTest, LastOwnerRunsTheCallbacks) {
  std::thread::id ran_on;
  auto shared = MakeShared<int>(1);
  OnDestroy(shared, [&] { ran_on = std::this_thread::get_id(); });
  std::thread last([&, owned = std::move(shared)]() mutable {
    owned.reset();
    EXPECT_EQ(ran_on, std::this_thread::get_id());
  });
  last.join();
}

// The control block may outlive the object; late weak pointers are harmless.
TEST(SharedTest, WeakPointerOutlivesTheObject) {
  EventLog log;
  auto shared = MakeShared<Object>(&log);
  OnDestroy(shared, log.Adds("callback"));
  std::weak_ptr<void> weak = shared;
  shared.reset();
  EXPECT_EQ(log.Text(), "destructor callback");
  EXPECT_EQ(weak.lock(), nullptr);
}

}  // namespace
