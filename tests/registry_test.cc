// Registry: what it holds, refuses and destroys (contract C6, C12, C14, C16,
// C20).
#include "finalize/registry.h"

#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "finalize/finalizer.h"
#include "finalize/lifetime.h"
#include "gtest/gtest.h"
#include "tests/captured_failures.h"
#include "tests/event_log.h"
#include "tests/latch.h"

namespace {

using finalize::Cause;
using finalize::Finalizer;
using finalize::IfClosed;
using finalize::Options;
using finalize::Registry;
using finalize::ReportEntry;

// C12: destroying a registry drains it, at_exit = false included.
TEST(RegistryTest, DestructorRunsEverything) {
  EventLog log;
  {
    Registry registry;
    registry.Register(log.Adds("first"));
    registry.Register(Options().AtExit(false), log.Adds("not-at-exit"));
    registry.Register(log.Adds("last"));
  }
  EXPECT_EQ(log.Text(), "last not-at-exit first");
}

// C14: nothing escapes from the destructor; failures are reported.
TEST(RegistryTest, DestructorReportsFailures) {
  CapturedFailures failures;
  EventLog log;
  {
    Registry registry;
    registry.Register(log.Adds("first"));
    registry.Register([] { throw std::runtime_error("bad"); });
    registry.Register(log.Adds("last"));
  }
  EXPECT_EQ(log.Text(), "last first");
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_EQ(failures.at(0).outcome, ReportEntry::kFailed);
  EXPECT_EQ(failures.at(0).cause, Cause::kDrain);
}

// C16: the destructor waits for a callback that another thread is running.
TEST(RegistryTest, DestructorWaitsForRunningCallbacks) {
  auto registry = std::make_unique<Registry>();
  Latch started, release;
  bool ended = false;
  auto f = registry->Register([&] {
    started.CountDown();
    release.Wait();
    ended = true;
  });
  std::thread runner([&] { f.Run(); });
  started.Wait();
  std::thread releaser([&] { release.CountDown(); });
  registry.reset();
  EXPECT_TRUE(ended);
  runner.join();
  releaser.join();
}

// C16: also inside a callback of another registry, where a drain would not.
TEST(RegistryTest, NestedDestructorWaitsForRunningCallbacks) {
  Registry outer;
  auto inner = std::make_unique<Registry>();
  Latch started, release;
  bool ended = false;
  auto f = inner->Register([&] {
    started.CountDown();
    release.Wait();
    ended = true;
  });
  std::thread runner([&] { f.Run(); });
  started.Wait();
  std::thread releaser([&] { release.CountDown(); });
  outer.Register([&] {
    inner.reset();
    EXPECT_TRUE(ended);
  });
  EXPECT_EQ(outer.Drain().ran, 1u);
  runner.join();
  releaser.join();
}

// C10, C16: what a callback on another thread registers while the destructor
// waits for it runs before the registry is gone.
TEST(RegistryTest, DestructorRunsWhatRunningCallbacksRegister) {
  auto registry = std::make_unique<Registry>();
  Registry* const alias = registry.get();
  EventLog log;
  Latch started, draining;
  auto f = registry->Register([&] {
    log.Add("outer");
    started.CountDown();
    draining.Wait();
    alias->Register(log.Adds("inner"));
  });
  std::thread runner([&] { f.Run(); });
  started.Wait();
  registry->Register([&] { draining.CountDown(); });
  registry.reset();
  EXPECT_EQ(log.Text(), "outer inner");
  runner.join();
}

// C8: what failed and was armed again dies, unrun, with its registry.
TEST(RegistryTest, DestructorDestroysWhatFailed) {
  CapturedFailures failures;
  int attempts = 0;
  auto bound = std::make_shared<int>();
  {
    Registry registry;
    registry.RegisterRetryable(
        {},
        [&](const std::shared_ptr<int>&) {
          ++attempts;
          throw 1;
        },
        bound);
  }
  EXPECT_EQ(attempts, 1);
  EXPECT_EQ(bound.use_count(), 1);
  EXPECT_EQ(failures.size(), 1u);
}

// C20: a registration out of the destructor of such a callable is refused, not
// lost.
TEST(RegistryTest, DestructorRefusesWhatDyingCallablesRegister) {
  CapturedFailures failures;
  auto registry = std::make_unique<Registry>();
  Finalizer<> late;
  struct Registers {
    ~Registers() {
      *late = registry->Register([] {});
    }
    Registry* registry;
    Finalizer<>* late;
  };
  registry->RegisterRetryable(
      {},
      [](const std::unique_ptr<Registers>&) {
        return absl::UnknownError("again");
      },
      std::unique_ptr<Registers>(new Registers{registry.get(), &late}));
  registry.reset();
  EXPECT_FALSE(late.alive());
  ASSERT_EQ(failures.size(), 2u);
  EXPECT_EQ(failures.at(1).outcome, ReportEntry::kRefused);
}

// Destroying a registry from one of its own callbacks is a mistake.
TEST(RegistryDeathTest, DestroyedByItsOwnCallback) {
  EXPECT_DEATH(
      {
        auto registry = std::make_unique<Registry>();
        registry->Register([&] { registry.reset(); });
        registry->Drain();
      },
      "finalize: a registry is destroyed by one of its own callbacks");
}

// The same from the destructor of an argument.
TEST(RegistryDeathTest, DestroyedByItsOwnArgument) {
  EXPECT_DEATH(
      {
        auto registry = std::make_unique<Registry>();
        auto* raw = registry.get();
        raw->Register([](const std::unique_ptr<Registry>&) {},
                      std::move(registry));
        raw->Drain();
      },
      "finalize: a registry is destroyed by one of its own callbacks");
}

// The contract sheet: destroyed while another thread drains it.
TEST(RegistryDeathTest, DestroyedWhileAThreadDrainsIt) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_DEATH(
      {
        auto registry = std::make_unique<Registry>();
        Latch started;
        Latch never;
        registry->Register([&] {
          started.CountDown();
          never.Wait();
        });
        std::thread drainer([&] { registry->Drain(); });
        started.Wait();
        registry.reset();
      },
      "finalize: a registry is destroyed while it drains");
}

// C26: size counts what is pending.
TEST(RegistryTest, SizeCountsPending) {
  Registry registry;
  EXPECT_EQ(registry.size(), 0u);
  auto a = registry.Register([] {});
  auto b = registry.Register(Options().Phase(3), [] {});
  auto c = registry.Register(Options().AtExit(false), [] {});
  EXPECT_EQ(registry.size(), 3u);
  a.Run();
  EXPECT_EQ(registry.size(), 2u);
  b.Detach();
  EXPECT_EQ(registry.size(), 1u);
  c.set_at_exit(true);
  EXPECT_EQ(registry.size(), 1u);
  registry.Drain();
  EXPECT_EQ(registry.size(), 0u);
}

// C26: ForEach visits in drain order.
TEST(RegistryTest, ForEachVisitsInDrainOrder) {
  Registry registry;
  registry.Register(Options("a"), [] {});
  registry.Register(Options("b").Phase(-1), [] {});
  registry.Register(Options("c").Phase(7), [] {});
  registry.Register(Options("d").AtExit(false), [] {});
  std::string names;
  registry.ForEach([&](const finalize::Info& info) { names += info.name; });
  EXPECT_EQ(names, "cdab");
}

// C26: the visitor holds no lock: it may run, detach, register and drain.
TEST(RegistryTest, ForEachMayChangeTheRegistry) {
  EventLog log;
  Registry registry;
  auto older = registry.Register(Options("older"), log.Adds("older"));
  auto newer = registry.Register(Options("newer"), log.Adds("newer"));
  std::string visited;
  registry.ForEach([&](const finalize::Info& info) {
    visited += info.name + " ";
    newer.Run();
    registry.Register(Options("late"), [] {});
    older.Detach();  // pending when the call began, but no longer
  });
  EXPECT_EQ(visited, "newer ");
  EXPECT_EQ(log.Text(), "newer");
}

// The numbers of a dump are unique among finalizers that exist.
TEST(RegistryTest, NumbersAreUnique) {
  Registry registry;
  std::set<uint64_t> numbers;
  for (int i = 0; i < 3000; ++i) {
    if (i % 2 == 0) {
      registry.Register([] {});
    } else {
      registry.Register([](std::string) {}, std::string(i % 50, 'x'));
    }
  }
  registry.ForEach(
      [&](const finalize::Info& info) { numbers.insert(info.number); });
  EXPECT_EQ(numbers.size(), 3000u);
}

// C20: a sealed registry refuses: a dead handle, and a report.
TEST(RegistryTest, SealedRefusesWithAReport) {
  CapturedFailures failures;
  Registry registry;
  registry.Seal();
  auto bound = std::make_shared<int>();
  bool ran = false;
  const int line = __LINE__ + 1;
  const Options options = Options("late").Phase(4);
  auto f = registry.Register(
      options, [&](const std::shared_ptr<int>&) { ran = true; }, bound);
  EXPECT_FALSE(f.alive());
  EXPECT_FALSE(f.Run());
  EXPECT_FALSE(ran);
  EXPECT_EQ(bound.use_count(), 1);  // destroyed at once
  EXPECT_EQ(registry.size(), 0u);
  ASSERT_EQ(failures.size(), 1u);
  const ReportEntry entry = failures.at(0);
  EXPECT_EQ(entry.outcome, ReportEntry::kRefused);
  EXPECT_EQ(entry.status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(entry.name, "late");
  EXPECT_EQ(entry.phase, 4);
  EXPECT_EQ(entry.place.line, line);
}

// C20: sealing leaves what is pending as it is.
TEST(RegistryTest, SealedStillDrains) {
  int runs = 0;
  Registry registry;
  registry.Register([&] { ++runs; });
  registry.Seal();
  registry.Seal();  // again: no change
  EXPECT_EQ(registry.size(), 1u);
  EXPECT_EQ(registry.Drain().ran, 1u);
  EXPECT_EQ(runs, 1);
}

// C20: what a callback of a sealed registry registers in its drain is refused
// like everything else.
TEST(RegistryTest, SealedRefusesItsOwnCallbacks) {
  CapturedFailures failures;
  Registry registry;
  bool ran = false;
  registry.Register([&] { registry.Register([&] { ran = true; }); });
  registry.Seal();
  registry.Drain();
  EXPECT_FALSE(ran);
  EXPECT_EQ(failures.size(), 1u);
}

// C20: finalizers on a lifetime still run when it ends.
TEST(RegistryTest, SealedStillRunsAtTheEndOfALifetime) {
  int runs = 0;
  Registry registry;
  {
    finalize::Lifetime lifetime;
    registry.OnDestroy(lifetime, {}, [&] { ++runs; });
    registry.Seal();
  }
  EXPECT_EQ(runs, 1);
}

// C20: if_closed = run now.
TEST(RegistryTest, SealedRunsNowWhereAsked) {
  CapturedFailures failures;
  Registry registry;
  registry.Seal();
  std::thread::id thread;
  Cause cause = Cause::kCall;
  auto bound = std::make_shared<int>();
  auto f = registry.Register(
      Options().IfClosed(IfClosed::kRunNow),
      [&](const Cause& c, const std::shared_ptr<int>&) {
        thread = std::this_thread::get_id();
        cause = c;
      },
      bound);
  EXPECT_FALSE(f.alive());
  EXPECT_EQ(thread, std::this_thread::get_id());  // on the calling thread
  EXPECT_EQ(cause, Cause::kClosed);
  EXPECT_EQ(bound.use_count(), 1);
  EXPECT_EQ(failures.size(), 0u);
}

// C14, C20: what fails when it runs at once is reported.
TEST(RegistryTest, FailureOfARunNowIsReported) {
  CapturedFailures failures;
  Registry registry;
  registry.Seal();
  const Options run_now = Options("now").IfClosed(IfClosed::kRunNow);
  registry.Register(run_now, [] { throw 1; });
  registry.Register(run_now, [] { return absl::AbortedError("no"); });
  ASSERT_EQ(failures.size(), 2u);
  EXPECT_EQ(failures.at(0).outcome, ReportEntry::kFailed);
  EXPECT_EQ(failures.at(0).cause, Cause::kClosed);
  EXPECT_EQ(failures.at(1).status, absl::AbortedError("no"));
}

// C20: TryRegister returns the status, and neither runs nor reports.
TEST(RegistryTest, TryRegisterSaysWhy) {
  CapturedFailures failures;
  Registry registry;
  absl::StatusOr<Finalizer<int>> good = registry.TryRegister(
      {}, [](int n) { return n; }, 6);
  ASSERT_TRUE(good.ok());
  EXPECT_EQ(good->Run(), 6);
  registry.Seal();
  bool ran = false;
  auto bound = std::make_shared<int>();
  auto bad = registry.TryRegister(
      Options().IfClosed(IfClosed::kRunNow),
      [&](const std::shared_ptr<int>&) { ran = true; }, bound);
  EXPECT_EQ(bad.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(ran);
  EXPECT_EQ(bound.use_count(), 1);
  EXPECT_EQ(failures.size(), 0u);
}

// C20: the process registry can be sealed; its lifetimes still end well. In a
// process of its own, since sealing is for good.
TEST(RegistryTest, SealedProcessRegistryRefuses) {
  EXPECT_EXIT(
      {
        finalize::Lifetime lifetime;
        int runs = 0;
        auto f = Registry::Process().OnDestroy(lifetime, {}, [&] { ++runs; });
        Registry::Process().Seal();
        auto refused = Registry::Process().TryRegister({}, [] {});
        { finalize::Lifetime ended = std::move(lifetime); }
        _exit(!refused.ok() && runs == 1 && !f.alive() ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

// Registry::Process is one object.
TEST(RegistryTest, ProcessRegistryIsOne) {
  Registry* other = nullptr;
  std::thread([&] { other = &Registry::Process(); }).join();
  EXPECT_EQ(other, &Registry::Process());
  auto f = Registry::Process().Register([] { return 3; });
  EXPECT_EQ(f.Run(), 3);
}

// Registries are independent of each other.
TEST(RegistryTest, DrainTouchesNoOtherRegistry) {
  Registry a, b;
  int runs = 0;
  auto f = b.Register([&] { ++runs; });
  a.Register([] {});
  EXPECT_EQ(a.Drain().ran, 1u);
  EXPECT_EQ(runs, 0);
  EXPECT_TRUE(f.alive());
}

// Many registries: each is a set of its own, whatever they share inside.
TEST(RegistryTest, ManyRegistriesAreIndependent) {
  std::vector<std::unique_ptr<Registry>> registries;
  std::vector<int> runs(200);
  for (int& count : runs) {
    registries.push_back(std::make_unique<Registry>());
    registries.back()->Register([&count] { ++count; });
  }
  for (size_t i = 0; i < registries.size(); ++i) {
    EXPECT_EQ(runs[i], 0);
    registries[i].reset();
    EXPECT_EQ(runs[i], 1);
  }
}

}  // namespace
