// SPDX-License-Identifier: Apache-2.0

// Callbacks that are suspended: they end out of order, on another thread, or
// never (contract C3, C16).
#include "tests/threads/fiber.h"

#include <setjmp.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "finalize/finalizer.h"
#include "finalize/finally.h"
#include "finalize/lifetime.h"
#include "finalize/observer.h"
#include "finalize/registry.h"
#include "finalize/shared.h"
#include "gtest/gtest.h"
#include "tests/support/captured_failures.h"
#include "tests/support/event_log.h"

namespace {

using finalize::Finalizer;
using finalize::Lifetime;
using finalize::MakeShared;
using finalize::OnDestroy;
using finalize::Registry;
using finalize_test::CapturedFailures;
using finalize_test::EventLog;
using finalize_test::Fiber;

void OnAnotherThread(const std::function<void()>& body) {
  std::thread(body).join();
}

// How a callback starts. In `registry`, if that has a say in it.
enum class Way {
  kRun,
  kLifetime,
  kShared,
  kFinally,
  kDrain,
  kChild,
  kDestructor
};

void Start(Way way, Registry* registry, std::function<void()> callback) {
  switch (way) {
    case Way::kRun:
      registry->Register({}, std::move(callback)).Run();
      return;
    case Way::kLifetime: {
      Lifetime lifetime;
      registry->OnDestroy(lifetime, {}, std::move(callback));
      return;
    }
    case Way::kShared: {
      auto object = MakeShared<int>(1);
      registry->OnDestroy(object, {}, std::move(callback));
      return;
    }
    case Way::kFinally: {
      finalize::Finally finally(std::move(callback));
      return;
    }
    case Way::kDrain:
      registry->Register({}, std::move(callback));
      registry->Drain();
      return;
    case Way::kChild: {
      Registry child(*registry);
      child.Register({}, std::move(callback));
      registry->Drain();
      return;
    }
    case Way::kDestructor:
      // The destructor of the callable is what is suspended.
      registry->Register(
          {}, [callback = std::shared_ptr<int>(new int(1), [callback](int* p) {
                 delete p;
                 callback();
               })] {});
      registry->Drain();
      return;
  }
}

class FiberTest : public ::testing::TestWithParam<Way> {
 protected:
  // Nothing is left of what has ended: drains wait for nothing, and the end of
  // the registry is clean, on this thread and on another.
  static void ExpectClean(Registry* registry) {
    bool ran = false;
    registry->Register({}, [&] { ran = true; });
    const finalize::Report report = registry->Drain();
    EXPECT_TRUE(ran);
    EXPECT_EQ(report.running, 0u);
    OnAnotherThread([&] { EXPECT_EQ(registry->Drain().running, 0u); });
  }
};

INSTANTIATE_TEST_SUITE_P(Ways, FiberTest,
                         ::testing::Values(Way::kRun, Way::kLifetime,
                                           Way::kShared, Way::kFinally,
                                           Way::kDrain, Way::kChild,
                                           Way::kDestructor));

// C3: two are suspended, and the one that began first ends first.
TEST_P(FiberTest, CallbacksEndOutOfOrder) {
  CapturedFailures failures;
  EventLog log;
  {
    Registry one;
    Registry two;
    Fiber first([&](Fiber& self) {
      Start(GetParam(), &one, [&] {
        log.Add("1");
        self.Suspend();
        log.Add("1");
      });
    });
    Fiber second([&](Fiber& self) {
      Start(GetParam(), &two, [&] {
        log.Add("2");
        self.Suspend();
        log.Add("2");
      });
    });
    first.Resume();
    second.Resume();
    first.Resume();
    EXPECT_TRUE(first.ended());
    ExpectClean(&one);
    second.Resume();
    EXPECT_TRUE(second.ended());
    ExpectClean(&two);
  }
  EXPECT_EQ(log.Text(), "1 2 1 2");
  EXPECT_EQ(failures.size(), 0u);
}

// C3: it ends on another thread than it began on.
TEST_P(FiberTest, CallbackEndsOnAnotherThread) {
  CapturedFailures failures;
  {
    Registry registry;
    Fiber fiber([&](Fiber& self) {
      Start(GetParam(), &registry, [&] { self.Suspend(); });
    });
    fiber.Resume();
    fiber.ResumeOnAnotherThread();
    EXPECT_TRUE(fiber.ended());
    ExpectClean(&registry);
  }
  EXPECT_EQ(failures.size(), 0u);
}

// C3: it began on a thread that is no more, which others do not wait for.
TEST_P(FiberTest, ThreadOfACallbackEnds) {
  CapturedFailures failures;
  {
    Registry registry;
    Fiber fiber([&](Fiber& self) {
      Start(GetParam(), &registry, [&] { self.Suspend(); });
    });
    fiber.ResumeOnAnotherThread();
    EXPECT_EQ(registry.Drain().running, 0u);
    fiber.Resume();
    EXPECT_TRUE(fiber.ended());
    ExpectClean(&registry);
  }
  EXPECT_EQ(failures.size(), 0u);
}

// C16: while it is suspended, its thread neither waits for it nor finds itself
// below it: a drain returns, and the end of its registry is no fault.
TEST_P(FiberTest, NobodyWaitsForACallbackThatNeverReturns) {
  CapturedFailures failures;
  auto registry = std::make_unique<Registry>();
  auto fiber = std::make_unique<Fiber>([&](Fiber& self) {
    Start(GetParam(), registry.get(), [&] { self.Suspend(); });
  });
  fiber->Resume();
  fiber.reset();  // its stack is gone
  bool ran = false;
  registry->Register({}, [&] { ran = true; });
  registry->Drain();
  EXPECT_TRUE(ran);
  if (GetParam() != Way::kFinally) {
    registry.reset();
    EXPECT_EQ(failures.size(), 1u);
    EXPECT_EQ(failures.at(0).outcome, finalize::ReportEntry::Outcome::kRunning);
  }
  OnAnotherThread([] {
    Registry other;
    other.Register({}, [] {});
    EXPECT_EQ(other.Drain().ran, 1u);
  });
}

// C3: resumed on another thread, a callback does not wait for itself.
TEST(FiberWaitTest, CallbackDoesNotWaitForItself) {
  Registry registry;
  Finalizer<void> own;
  bool waited = false;
  Fiber fiber([&](Fiber&) { own.Run(); });
  own = registry.Register({}, [&] {
    fiber.Suspend();
    own.Wait();
    EXPECT_EQ(registry.Drain().running, 1u);
    waited = true;
  });
  fiber.Resume();
  fiber.ResumeOnAnotherThread();
  EXPECT_TRUE(waited);
  EXPECT_EQ(registry.Drain().running, 0u);
}

// C3: others do wait for a callback that is suspended elsewhere.
TEST(FiberWaitTest, OtherThreadWaitsForASuspendedCallback) {
  Registry registry;
  Finalizer<void> finalizer;
  Fiber fiber([&](Fiber&) { finalizer.Run(); });
  finalizer = registry.Register({}, [&] { fiber.Suspend(); });
  fiber.Resume();
  OnAnotherThread([&] {
    EXPECT_FALSE(finalizer.Wait(absl::Now() + absl::Milliseconds(1)));
  });
  fiber.Resume();
  OnAnotherThread([&] { EXPECT_TRUE(finalizer.Wait(absl::Now())); });
}

// C16: a scope guard is the fiber's, not the thread's.
TEST(FiberFinallyTest, RunsOnTheThreadThatEndsItsScope) {
  std::thread::id ran_on;
  Fiber fiber([&](Fiber& self) {
    finalize::Finally guard([&] { ran_on = std::this_thread::get_id(); });
    self.Suspend();
  });
  fiber.Resume();
  EXPECT_EQ(ran_on, std::thread::id());
  fiber.ResumeOnAnotherThread();
  EXPECT_TRUE(fiber.ended());
  EXPECT_NE(ran_on, std::thread::id());
  EXPECT_NE(ran_on, std::this_thread::get_id());
}

// C12: a child is drained into its parent's report, however its callback moved.
TEST(FiberDrainTest, ParentReportsAChildThatMoved) {
  Registry parent;
  Registry child(parent);
  std::optional<finalize::Report> report;
  Fiber fiber([&](Fiber&) { report = parent.Drain(); });
  child.Register({}, [&] { fiber.Suspend(); });
  child.Register({}, [] {});
  parent.Register({}, [] {});
  fiber.Resume();
  fiber.ResumeOnAnotherThread();
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->ran, 4u);
  EXPECT_EQ(report->running, 0u);
}

// C26: an observer that is suspended does not blind its thread.
TEST(FiberObserverTest, SuspendedObserverLeavesTheOthersObserved) {
  EventLog log;
  Fiber* suspended = nullptr;
  finalize::Observer observer;
  observer.start = [&](const finalize::ReportEntry& entry) {
    log.Add(entry.name);
    if (entry.name == "first") suspended->Suspend();
  };
  finalize::Observer old = finalize::SetObserver(std::move(observer));
  {
    Registry registry;
    Fiber fiber([&](Fiber&) {
      registry.Register(finalize::Options("first"), [] {}).Run();
    });
    suspended = &fiber;
    fiber.Resume();
    registry.Register(finalize::Options("second"), [] {}).Run();
    fiber.ResumeOnAnotherThread();
    registry.Register(finalize::Options("third"), [] {}).Run();
  }
  finalize::SetObserver(std::move(old));
  EXPECT_EQ(log.Text(), "first second third");
}

// C14: nor does a failure reporter that is suspended silence it.
TEST(FiberReporterTest, SuspendedReporterLeavesTheOthersReported) {
  EventLog log;
  Fiber* suspended = nullptr;
  auto old =
      finalize::SetFailureReporter([&](const finalize::ReportEntry& entry) {
        log.Add(entry.name);
        if (entry.name == "first") suspended->Suspend();
      });
  const auto fail = [](const char* name) {
    Lifetime lifetime;
    OnDestroy(lifetime, finalize::Options(name), [] { throw 1; });
  };
  {
    Fiber fiber([&](Fiber&) { fail("first"); });
    suspended = &fiber;
    fiber.Resume();
    fail("second");
    fiber.ResumeOnAnotherThread();
    fail("third");
  }
  finalize::SetFailureReporter(std::move(old));
  EXPECT_EQ(log.Text(), "first second third");
}

// C7: a chain that is suspended deep in the destructors of what it has bound
// puts nothing off that another fiber's callback leaves.
TEST(FiberCascadeTest, SuspendedChainDoesNotHoldOthersUp) {
  Fiber* suspended = nullptr;
  auto next = MakeShared<int>(0);
  OnDestroy(next, [own = std::shared_ptr<int>(new int(1), [&](int* p) {
                     suspended->Suspend();
                     delete p;
                   })] {});
  for (int i = 0; i < 100; ++i) {
    auto before = MakeShared<int>(i);
    OnDestroy(before, [own = std::move(next)] {});
    next = std::move(before);
  }
  Fiber chain([&](Fiber&) { next.reset(); });
  suspended = &chain;
  chain.Resume();
  for (int i = 0; i < 3; ++i) {
    Fiber other([&](Fiber&) {
      bool destroyed = false;
      {
        Lifetime lifetime;
        OnDestroy(lifetime,
                  [own = std::shared_ptr<int>(new int(1), [&destroyed](int* p) {
                     destroyed = true;
                     delete p;
                   })] {});
      }
      EXPECT_TRUE(destroyed);
    });
    other.Resume();
  }
  chain.ResumeOnAnotherThread();
  EXPECT_TRUE(chain.ended());
}

// What a jump out of a callback leaves: its finalizer runs for good, and
// nothing waits for that on this thread.
TEST(LongjmpTest, JumpOutOfRunLeavesARunningCallback) {
  CapturedFailures failures;
  static jmp_buf back;
  auto registry = std::make_unique<Registry>();
  Finalizer<void> finalizer = registry->Register({}, [] { longjmp(back, 1); });
  if (setjmp(back) == 0) finalizer.Run();
  EXPECT_FALSE(finalizer.alive());
  finalizer.Wait();
  bool ran = false;
  registry->Register({}, [&] { ran = true; });
  registry->Drain();
  EXPECT_TRUE(ran);
  registry.reset();
  EXPECT_EQ(failures.size(), 1u);
}

// The same of a drain: its registry counts it for good.
TEST(LongjmpTest, JumpOutOfADrainLeavesIt) {
  CapturedFailures failures;
  static jmp_buf back;
  auto registry = std::make_unique<Registry>();
  registry->Register({}, [] { longjmp(back, 1); });
  if (setjmp(back) == 0) registry->Drain();
  registry->Drain();
  registry.reset();
  EXPECT_EQ(failures.size(), 1u);
}

}  // namespace
