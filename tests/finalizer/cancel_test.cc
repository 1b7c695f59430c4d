// SPDX-License-Identifier: Apache-2.0

// Finalizer::Cancel and Registry::CancelAll (contract C35).
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "finalize/finalizer.h"
#include "finalize/lifetime.h"
#include "finalize/options.h"
#include "finalize/registry.h"
#include "finalize/report.h"
#include "gtest/gtest.h"
#include "tests/support/event_log.h"
#include "tests/support/forked.h"
#include "tests/support/latch.h"
#include "tests/support/scarce_memory.h"

namespace {

using finalize::Finalizer;
using finalize::Options;
using finalize::Registry;
using finalize_test::EventLog;
using finalize_test::Forked;
using finalize_test::Latch;
using finalize_test::ScarceMemory;

// Calls a function at its end, unless it was moved from.
class AtEnd {
 public:
  explicit AtEnd(std::function<void()> function)
      : function_(std::move(function)) {}
  AtEnd(AtEnd&& other) noexcept
      : function_(std::exchange(other.function_, nullptr)) {}
  ~AtEnd() {
    if (function_ != nullptr) function_();
  }

 private:
  std::function<void()> function_;
};

// A callback that does nothing until its end, which is logged.
auto Ends(EventLog* log, const char* word) {
  return [end = AtEnd([log, word] { log->Add(word); })] {};
}

// C35: the callback and its arguments are destroyed at once, unrun.
TEST(CancelTest, DestroysTheCallbackUnrun) {
  bool ran = false;
  const auto captured = std::make_shared<int>();
  const auto bound = std::make_shared<int>();
  Registry registry;
  auto f = registry.Register(
      {}, [&ran, captured](const std::shared_ptr<int>&) { ran = true; }, bound);
  EXPECT_TRUE(f.Cancel());
  EXPECT_EQ(captured.use_count(), 1);
  EXPECT_EQ(bound.use_count(), 1);
  EXPECT_FALSE(f.alive());
  EXPECT_EQ(registry.size(), 0u);
  registry.Drain();
  EXPECT_FALSE(ran);
}

// C1, C35: it says whether it was this call.
TEST(CancelTest, IsFalseIfAnotherTriggerWasFirst) {
  Registry registry;
  auto canceled = registry.Register([] {});
  EXPECT_TRUE(canceled.Cancel());
  EXPECT_FALSE(canceled.Cancel());
  EXPECT_FALSE(canceled.Run());
  EXPECT_FALSE(canceled.Detach());
  auto ran = registry.Register([] {});
  EXPECT_TRUE(ran.Run());
  EXPECT_FALSE(ran.Cancel());
  auto detached = registry.Register([] {});
  const auto callback = detached.Detach();
  EXPECT_FALSE(detached.Cancel());
  EXPECT_FALSE(Finalizer<>().Cancel());
}

// C2, C35: a callback that runs is not canceled.
TEST(CancelTest, IsFalseInsideTheCallback) {
  Registry registry;
  Finalizer<> f;
  std::optional<bool> canceled;
  f = registry.Register([&] { canceled = f.Cancel(); });
  registry.Drain();
  EXPECT_EQ(canceled, false);
}

// C7, C35: no lock is held while it destroys: the destructor may use the
// registry.
TEST(CancelTest, DestructorMayUseTheRegistry) {
  EventLog log;
  Registry registry;
  auto f = registry.Register([end = AtEnd([&] {
                                registry.Register(log.Adds("registered"));
                                EXPECT_EQ(registry.size(), 1u);
                              })] {});
  EXPECT_TRUE(f.Cancel());
  registry.Drain();
  EXPECT_EQ(log.Text(), "registered");
}

// C13, C35: the end of the object has nothing to run.
TEST(CancelTest, TakesItFromItsLifetime) {
  EventLog log;
  {
    finalize::Lifetime lifetime;
    OnDestroy(lifetime, log.Adds("older"));
    auto f = OnDestroy(lifetime, log.Adds("canceled"));
    OnDestroy(lifetime, log.Adds("newer"));
    EXPECT_TRUE(f.Cancel());
  }
  EXPECT_EQ(log.Text(), "newer older");
}

// C8, C35: one that has failed and is pending again.
TEST(CancelTest, EndsOneThatMayBeRetried) {
  int attempts = 0;
  Registry registry;
  auto f = registry.RegisterRetryable([&] {
    ++attempts;
    return absl::UnavailableError("not yet");
  });
  registry.Drain();
  EXPECT_TRUE(f.Cancel());
  registry.Drain();
  EXPECT_EQ(attempts, 1);
}

// C11, C35: the drain under way passes it by.
TEST(CancelTest, IsHonoredByADrain) {
  EventLog log;
  Registry registry;
  auto older = registry.Register(log.Adds("older"));
  registry.Register([&] { EXPECT_TRUE(older.Cancel()); });
  EXPECT_EQ(registry.Drain().ran, 1u);
  EXPECT_EQ(log.Text(), "");
}

// C1, C35: of many threads one wins.
TEST(CancelTest, OneThreadWins) {
  constexpr int kThreads = 4;
  Registry registry;
  for (int round = 0; round < 200; ++round) {
    std::atomic<int> ends{0};
    std::atomic<int> wins{0};
    std::atomic<int> runs{0};
    auto f = registry.Register(
        [&runs, end = AtEnd([&ends] { ++ends; })] { ++runs; });
    Latch start(kThreads);
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&, i] {
        start.Arrive();
        if (i == 0 ? f.Run() : f.Cancel()) ++wins;
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(wins, 1);
    EXPECT_EQ(ends, 1);
    EXPECT_LE(runs, 1);
  }
}

// C21, C35: a child refuses what it inherited, and destroys nothing of it.
TEST(CancelTest, IsRefusedInAForkedChild) {
  const pid_t parent = getpid();
  Registry registry;
  auto f = registry.Register([end = AtEnd([parent] {
                                if (getpid() != parent) _exit(1);
                              })] {});
  const pid_t child = Forked(fork());
  if (child == 0) _exit(f.Cancel() || registry.CancelAll() != 0 ? 2 : 0);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(f.Cancel());
}

// C9, C35: everything is destroyed, in the order of drains, and nothing runs.
TEST(CancelAllTest, DestroysAllNewestFirst) {
  EventLog log;
  Registry registry;
  registry.Register("low", [end = Ends(&log, "low")] { FAIL(); });
  registry.Register(Options("high").set_phase(1),
                    [end = Ends(&log, "high")] { FAIL(); });
  registry.Register(Options("skipped").set_at_exit(false),
                    [end = Ends(&log, "newer")] { FAIL(); });
  registry.RegisterRetryable("newest",
                             [end = Ends(&log, "newest")] { FAIL(); });
  EXPECT_EQ(registry.CancelAll(), 4u);
  EXPECT_EQ(log.Text(), "high newest newer low");
  EXPECT_EQ(registry.size(), 0u);
}

// C35: an example of what it is for: steps that are undone unless all succeed.
TEST(CancelAllTest, CommitsARollback) {
  EventLog log;
  auto install = [&log](bool starts) {
    Registry undo;
    undo.Register("remove directory", log.Adds("directory"));
    undo.Register("remove user", log.Adds("user"));
    if (!starts) return;
    undo.CancelAll();
  };
  install(/*starts=*/true);
  EXPECT_EQ(log.Text(), "");
  install(/*starts=*/false);
  EXPECT_EQ(log.Text(), "user directory");
}

// C35: the registry is as open as before.
TEST(CancelAllTest, LeavesTheRegistryOpen) {
  EventLog log;
  Registry registry;
  EXPECT_EQ(registry.CancelAll(), 0u);
  registry.Register([] {});
  EXPECT_EQ(registry.CancelAll(), 1u);
  registry.Register(log.Adds("later"));
  registry.Drain();
  EXPECT_EQ(log.Text(), "later");
}

// C7, C35: what a destructor registers stays, and no lock is held.
TEST(CancelAllTest, KeepsWhatDestructorsRegister) {
  EventLog log;
  Registry registry;
  registry.Register(
      [end = AtEnd([&] { registry.Register(log.Adds("registered")); })] {});
  EXPECT_EQ(registry.CancelAll(), 1u);
  EXPECT_EQ(registry.size(), 1u);
  registry.Drain();
  EXPECT_EQ(log.Text(), "registered");
}

// C11, C35: from a callback: it runs on, the others do not run.
TEST(CancelAllTest, EndsADrainFromACallback) {
  EventLog log;
  Registry registry;
  registry.Register(log.Adds("older"));
  registry.Register([&] {
    EXPECT_EQ(registry.CancelAll(), 1u);
    log.Add("canceled");
  });
  EXPECT_EQ(registry.Drain().ran, 1u);
  EXPECT_EQ(log.Text(), "canceled");
}

// C12, C35: a child is no more in its parent, and keeps its own.
TEST(CancelAllTest, TakesAChildOutOfItsParent) {
  EventLog log;
  Registry parent;
  Registry child(parent);
  child.Register(log.Adds("child"));
  EXPECT_EQ(parent.CancelAll(), 1u);
  EXPECT_FALSE(child.entry().alive());
  parent.Drain();
  EXPECT_EQ(log.Text(), "");
  child.Drain();
  EXPECT_EQ(log.Text(), "child");
}

// C13, C35: what waits for the end of an object is canceled, too.
TEST(CancelAllTest, TakesWhatIsOnALifetime) {
  EventLog log;
  Registry registry;
  {
    finalize::Lifetime lifetime;
    registry.OnDestroy(lifetime, log.Adds("in the registry"));
    OnDestroy(lifetime, log.Adds("elsewhere"));
    EXPECT_EQ(registry.CancelAll(), 1u);
  }
  EXPECT_EQ(log.Text(), "elsewhere");
}

// C35: it needs no memory, whatever the number.
TEST(CancelAllTest, NeedsNoMemory) {
  constexpr size_t kMany = 100;
  std::array<char, kMany> order = {};
  size_t ended = 0;
  Registry registry;
  for (size_t i = 0; i < kMany; ++i) {
    registry.Register(
        [end = AtEnd([&, i] { order[ended++] = static_cast<char>(i); })] {});
  }
  size_t canceled = 0;
  {
    ScarceMemory scarce(0, ScarceMemory::kRestFail);
    canceled = registry.CancelAll();
  }
  EXPECT_EQ(canceled, kMany);
  EXPECT_EQ(ended, kMany);
  for (size_t i = 0; i < ended; ++i) {
    EXPECT_EQ(order[i], static_cast<char>(kMany - 1 - i));
  }
}

// C1, C35: threads that run, cancel and cancel all: each callback ends once.
TEST(CancelAllTest, RacesWithRuns) {
  constexpr int kRounds = 100;
  constexpr int kMany = 20;
  for (int round = 0; round < kRounds; ++round) {
    Registry registry;
    std::atomic<int> runs{0};
    std::atomic<int> ends{0};
    std::vector<Finalizer<>> finalizers;
    for (int i = 0; i < kMany; ++i) {
      finalizers.push_back(registry.Register(
          [&runs, end = AtEnd([&ends] { ++ends; })] { ++runs; }));
    }
    Latch start(3);
    size_t canceled = 0;
    std::thread all([&] {
      start.Arrive();
      canceled = registry.CancelAll();
    });
    int ran = 0;
    std::thread runner([&] {
      start.Arrive();
      for (const Finalizer<>& f : finalizers) ran += f.Run() ? 1 : 0;
    });
    start.Arrive();
    size_t single = 0;
    for (const Finalizer<>& f : finalizers) single += f.Cancel() ? 1 : 0;
    all.join();
    runner.join();
    EXPECT_EQ(runs, ran);
    EXPECT_EQ(ends, kMany);
    EXPECT_EQ(canceled + single + static_cast<size_t>(ran), size_t{kMany});
  }
}

}  // namespace
