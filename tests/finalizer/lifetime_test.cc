// SPDX-License-Identifier: Apache-2.0

// Lifetime: the end of an object (contract C13).
#include "finalize/lifetime.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "finalize/registry.h"
#include "gtest/gtest.h"
#include "tests/support/captured_failures.h"
#include "tests/support/event_log.h"
#include "tests/support/latch.h"

namespace {

using finalize::Cause;
using finalize::Lifetime;
using finalize::OnDestroy;
using finalize::Options;
using finalize::Registry;
using finalize_test::CapturedFailures;
using finalize_test::EventLog;
using finalize_test::Latch;

// C13: its finalizers run newest first when it ends, on the ending thread.
TEST(LifetimeTest, EndRunsNewestFirst) {
  EventLog log;
  std::thread::id ran_on;
  auto lifetime = std::make_unique<Lifetime>();
  OnDestroy(*lifetime, log.Adds("1"));
  OnDestroy(*lifetime, log.Adds("2"));
  OnDestroy(*lifetime, [&] { ran_on = std::this_thread::get_id(); });
  std::thread([&] {
    lifetime.reset();
    EXPECT_EQ(ran_on, std::this_thread::get_id());
  }).join();
  EXPECT_EQ(log.Text(), "2 1");
}

// C13: phases are for drains: the end of a lifetime is newest first.
TEST(LifetimeTest, EndIgnoresPhases) {
  EventLog log;
  {
    Lifetime lifetime;
    OnDestroy(lifetime, Options().set_phase(9), log.Adds("older"));
    OnDestroy(lifetime, Options().set_phase(-9), log.Adds("newer"));
  }
  EXPECT_EQ(log.Text(), "newer older");
}

// C13: whatever at_exit says.
TEST(LifetimeTest, EndRunsWhatIsNotForExit) {
  EventLog log;
  {
    Lifetime lifetime;
    OnDestroy(lifetime, Options().set_at_exit(false), log.Adds("ran"));
  }
  EXPECT_EQ(log.Text(), "ran");
}

// C13: its own finalizers and nobody else's.
TEST(LifetimeTest, EndTouchesNoOther) {
  EventLog log;
  Lifetime other;
  auto f = OnDestroy(other, log.Adds("other"));
  {
    Lifetime lifetime;
    OnDestroy(lifetime, log.Adds("one"));
  }
  EXPECT_EQ(log.Text(), "one");
  EXPECT_TRUE(f.alive());
  f.Detach();
}

// C13: an object without finalizers ends quietly.
TEST(LifetimeTest, EndOfAnEmptyOneIsQuiet) {
  Lifetime lifetime;
  Lifetime moved = std::move(lifetime);
  lifetime = std::move(moved);
}

// What the members of an object log when they die.
class Member {
 public:
  Member(EventLog* log, std::string name) : log_(log), name_(std::move(name)) {}
  ~Member() { log_->Add(name_); }

 private:
  EventLog* log_;
  std::string name_;
};

// C13: as the last member it ends first: the others are still alive, the body
// of the destructor has run.
TEST(LifetimeTest, LastMemberSeesTheOthersAlive) {
  struct Object {
    explicit Object(EventLog* log) : log(log), member(log, "member") {}
    ~Object() { log->Add("body"); }
    EventLog* log;
    Member member;
    Lifetime lifetime;
  };
  EventLog log;
  {
    Object object(&log);
    OnDestroy(object.lifetime, log.Adds("callback"));
  }
  EXPECT_EQ(log.Text(), "body callback member");
}

// C13: as the first member it ends last: the others are gone.
TEST(LifetimeTest, FirstMemberSeesTheOthersGone) {
  struct Object {
    explicit Object(EventLog* log) : log(log), member(log, "member") {}
    ~Object() { log->Add("body"); }
    Lifetime lifetime;
    EventLog* log;
    Member member;
  };
  EventLog log;
  {
    Object object(&log);
    OnDestroy(object.lifetime, log.Adds("callback"));
  }
  EXPECT_EQ(log.Text(), "body member callback");
}

// C13, C14: nothing escapes from the end of a lifetime; the rest still runs.
TEST(LifetimeTest, FailuresAreReported) {
  CapturedFailures failures;
  EventLog log;
  {
    Lifetime lifetime;
    OnDestroy(lifetime, log.Adds("oldest"));
    OnDestroy(lifetime, "thrower", [] { throw std::runtime_error("x"); });
    OnDestroy(lifetime, "status", [] { return absl::InternalError("y"); });
    OnDestroy(lifetime, log.Adds("newest"));
  }
  EXPECT_EQ(log.Text(), "newest oldest");
  ASSERT_EQ(failures.size(), 2u);
  EXPECT_EQ(failures.at(0).name, "status");
  EXPECT_EQ(failures.at(1).name, "thrower");
  EXPECT_EQ(failures.at(1).cause, Cause::Kind::kDestroy);
}

// C14: also while an exception unwinds the stack.
TEST(LifetimeTest, EndDuringUnwindingContainsFailures) {
  CapturedFailures failures;
  try {
    Lifetime lifetime;
    OnDestroy(lifetime, [] { throw 1; });
    throw std::string("outer");
  } catch (const std::string& text) {
    EXPECT_EQ(text, "outer");
  }
  EXPECT_EQ(failures.size(), 1u);
}

// C3, C13: the destructor does not wait for a callback on another thread.
TEST(LifetimeTest, EndDoesNotWait) {
  Latch started, release;
  auto lifetime = std::make_unique<Lifetime>();
  auto f = OnDestroy(*lifetime, [&] {
    started.CountDown();
    release.Wait();
  });
  std::thread runner([&] { f.Run(); });
  started.Wait();
  lifetime.reset();  // would hang here
  release.CountDown();
  runner.join();
}

// C10, C13: what a callback registers on the lifetime that ends runs next.
TEST(LifetimeTest, CallbackRegistersOnTheEndingLifetime) {
  EventLog log;
  {
    auto lifetime = std::make_unique<Lifetime>();
    Lifetime* alias = lifetime.get();
    OnDestroy(*lifetime, log.Adds("older"));
    OnDestroy(*lifetime, [&log, alias] {
      log.Add("running");
      OnDestroy(*alias, log.Adds("inner"));
    });
  }
  EXPECT_EQ(log.Text(), "running inner older");
}

// C13: callbacks that end other lifetimes nest.
TEST(LifetimeTest, CascadesNest) {
  int depth = 0;
  auto first = std::make_shared<std::unique_ptr<Lifetime>>();
  *first = std::make_unique<Lifetime>();
  auto last = first;
  for (int i = 0; i < 1000; ++i) {
    auto next = std::make_shared<std::unique_ptr<Lifetime>>(
        std::make_unique<Lifetime>());
    OnDestroy(**last, [&depth, next] {
      ++depth;
      next->reset();
    });
    last = next;
  }
  first->reset();
  EXPECT_EQ(depth, 1000);
}

// C12: in another registry, its drain and the end of the lifetime compete.
TEST(LifetimeTest, RegistryOfItsOwnDrainsIt) {
  EventLog log;
  Registry registry;
  Lifetime lifetime;
  registry.OnDestroy(lifetime, {}, log.Adds("once"));
  EXPECT_EQ(Registry::Process().size(), 0u);
  registry.Drain();
  { Lifetime ended = std::move(lifetime); }
  EXPECT_EQ(log.Text(), "once");
}

// One lifetime with finalizers in several registries: still newest first.
TEST(LifetimeTest, RegistriesDoNotChangeTheOrderOfItsEnd) {
  EventLog log;
  Registry a, b;
  {
    Lifetime lifetime;
    a.OnDestroy(lifetime, {}, log.Adds("1"));
    OnDestroy(lifetime, log.Adds("2"));
    b.OnDestroy(lifetime, {}, log.Adds("3"));
    a.OnDestroy(lifetime, {}, log.Adds("4"));
  }
  EXPECT_EQ(log.Text(), "4 3 2 1");
  EXPECT_EQ(a.size() + b.size(), 0u);
}

// Many on one lifetime.
TEST(LifetimeTest, ManyFinalizersRunAll) {
  int runs = 0;
  {
    Lifetime lifetime;
    for (int i = 0; i < 20000; ++i) OnDestroy(lifetime, [&] { ++runs; });
  }
  EXPECT_EQ(runs, 20000);
}

// Every call form binds its arguments.
TEST(LifetimeTest, CallFormsBindArguments) {
  EventLog log;
  auto add = [&log](auto... words) { (log.Add(words), ...); };
  {
    Lifetime lifetime;
    OnDestroy(lifetime, {}, add, "1");
    OnDestroy(lifetime, {}, add, "2", "3");
    OnDestroy(lifetime, {}, add, "4", "5", "6");
    OnDestroy(lifetime, {}, add, "7", "8", "9", "10");
    OnDestroy(lifetime, "named", add, "11");
  }
  EXPECT_EQ(log.Text(), "11 7 8 9 10 4 5 6 2 3 1");
}

}  // namespace
