// SPDX-License-Identifier: Apache-2.0

// What the end of a registry runs, waits for and refuses (contract C8, C10,
// C12, C14, C16, C20).
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "finalize/failure_reporter.h"
#include "finalize/lifetime.h"
#include "finalize/registry.h"
#include "gtest/gtest.h"
#include "tests/support/captured_failures.h"
#include "tests/support/event_log.h"
#include "tests/support/latch.h"

namespace {

using finalize::Cause;
using finalize::Finalizer;
using finalize::Lifetime;
using finalize::Options;
using finalize::Registry;
using finalize::ReportEntry;
using finalize_test::CapturedFailures;
using finalize_test::EventLog;
using finalize_test::Latch;

// C12: destroying a registry drains it, at_exit = false included.
TEST(RegistryEndTest, DestructorRunsEverything) {
  EventLog log;
  {
    Registry registry;
    registry.Register(log.Adds("first"));
    registry.Register(Options().set_at_exit(false), log.Adds("not-at-exit"));
    registry.Register(log.Adds("last"));
  }
  EXPECT_EQ(log.Text(), "last not-at-exit first");
}

// C14: nothing escapes from the destructor; failures are reported.
TEST(RegistryEndTest, DestructorReportsFailures) {
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
  EXPECT_EQ(failures.at(0).outcome, ReportEntry::Outcome::kFailed);
  EXPECT_EQ(failures.at(0).cause, Cause::Kind::kDrain);
}

// C16: the destructor waits for a callback that another thread is running.
TEST(RegistryEndTest, DestructorWaitsForRunningCallbacks) {
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
TEST(RegistryEndTest, NestedDestructorWaitsForRunningCallbacks) {
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
TEST(RegistryEndTest, DestructorRunsWhatRunningCallbacksRegister) {
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

// C8: what failed and was pending again dies, unrun, with its registry.
TEST(RegistryEndTest, DestructorDestroysWhatFailed) {
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
TEST(RegistryEndTest, DestructorRefusesWhatDyingCallablesRegister) {
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
  EXPECT_EQ(failures.at(1).outcome, ReportEntry::Outcome::kRefused);
}

// Destroying a registry from one of its own callbacks is a mistake.
TEST(RegistryEndDeathTest, DestroyedByItsOwnCallback) {
  EXPECT_DEATH(
      {
        auto registry = std::make_unique<Registry>();
        registry->Register([&] { registry.reset(); });
        registry->Drain();
      },
      "finalize: a registry is destroyed by one of its own callbacks");
}

// The same from the destructor of an argument.
TEST(RegistryEndDeathTest, DestroyedByItsOwnArgument) {
  EXPECT_DEATH(
      {
        auto registry = std::make_unique<Registry>();
        auto* raw = registry.get();
        raw->Register(
            {}, [](const std::unique_ptr<Registry>&) {}, std::move(registry));
        raw->Drain();
      },
      "finalize: a registry is destroyed by one of its own callbacks");
}

// The same where no drain runs the callback, but its caller.
TEST(RegistryEndDeathTest, DestroyedByACallbackThatIsCalled) {
  EXPECT_DEATH(
      {
        auto registry = std::make_unique<Registry>();
        auto f = registry->Register([&] { registry.reset(); });
        f.Run();
      },
      "finalize: a registry is destroyed by one of its own callbacks");
}

// The same where the end of an object runs it.
TEST(RegistryEndDeathTest, DestroyedByACallbackAtTheEndOfAnObject) {
  EXPECT_DEATH(
      {
        auto registry = std::make_unique<Registry>();
        Lifetime lifetime;
        registry->OnDestroy(lifetime, {}, [&] { registry.reset(); });
      },
      "finalize: a registry is destroyed by one of its own callbacks");
}

// The same from the failure reporter, which is told of such a callback.
TEST(RegistryEndDeathTest, DestroyedByTheReportOfItsOwnCallback) {
  static Registry* registry;
  EXPECT_DEATH(
      {
        registry = new Registry;
        finalize::SetFailureReporter([](const ReportEntry&) {
          finalize::SetFailureReporter(nullptr);
          delete registry;
        });
        registry->Register([] { throw std::runtime_error("bad"); });
        registry->Drain();
      },
      "finalize: a registry is destroyed by one of its own callbacks");
}

// The contract sheet: destroyed while another thread drains it.
TEST(RegistryEndDeathTest, DestroyedWhileAThreadDrainsIt) {
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

}  // namespace
