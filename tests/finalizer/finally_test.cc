// SPDX-License-Identifier: Apache-2.0

// Finally: the end of a scope (contract C1, C3, C14).
#include "finalize/finally.h"

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "finalize/cause.h"
#include "finalize/options.h"
#include "finalize/registry.h"
#include "finalize/report.h"
#include "gtest/gtest.h"
#include "tests/support/captured_failures.h"
#include "tests/support/event_log.h"
#include "tests/support/latch.h"

namespace {

using finalize::Cause;
using finalize::Finally;
using finalize::Options;
using finalize::Registry;
using finalize::Report;
using finalize_test::CapturedFailures;
using finalize_test::EventLog;
using finalize_test::Latch;

static_assert(!std::is_copy_constructible_v<Finally>);
static_assert(!std::is_move_constructible_v<Finally>);
static_assert(!std::is_copy_assignable_v<Finally>);
static_assert(!std::is_move_assignable_v<Finally>);

// The end of the scope runs it, on this thread.
TEST(FinallyTest, EndOfScopeRunsIt) {
  EventLog log;
  Cause cause = Cause::Kind::kCall;
  {
    Finally outer(log.Adds("outer"));
    Finally inner([&](const Cause& c) {
      cause = c;
      log.Add("inner");
    });
    log.Add("body");
  }
  EXPECT_EQ(log.Text(), "body inner outer");
  EXPECT_EQ(cause, Cause::Kind::kScope);
}

// However the scope is left.
TEST(FinallyTest, ExceptionRunsIt) {
  EventLog log;
  try {
    Finally guard(log.Adds("guard"));
    throw std::runtime_error("out");
  } catch (const std::runtime_error&) {
    log.Add("caught");
  }
  EXPECT_EQ(log.Text(), "guard caught");
}

// C1: Run comes first; the end of the scope does nothing then.
TEST(FinallyTest, RunRunsItOnce) {
  EventLog log;
  {
    Finally guard(log.Adds("ran"));
    EXPECT_TRUE(guard.alive());
    EXPECT_TRUE(guard.Run());
    EXPECT_FALSE(guard.alive());
    EXPECT_FALSE(guard.Run());
    log.Add("body");
  }
  EXPECT_EQ(log.Text(), "ran body");
}

// C35: it will not run, and is destroyed at once.
TEST(FinallyTest, CancelDestroysItUnrun) {
  bool ran = false;
  auto held = std::make_shared<int>();
  {
    Finally guard([&ran, held] { ran = true; });
    EXPECT_TRUE(guard.Cancel());
    EXPECT_EQ(held.use_count(), 1);
    EXPECT_FALSE(guard.Cancel());
    EXPECT_FALSE(guard.Run());
  }
  EXPECT_FALSE(ran);
}

// C1: a drain of the process registry runs it, once, in order with the rest.
TEST(FinallyTest, DrainRunsItOnce) {
  EventLog log;
  {
    Registry::Process().Register(log.Adds("older"));
    Finally guard(log.Adds("guard"));
    Registry::Process().Register(log.Adds("newer"));
    Registry::Process().Drain();
    EXPECT_FALSE(guard.alive());
    EXPECT_FALSE(guard.Cancel());
  }
  EXPECT_EQ(log.Text(), "newer guard older");
}

// C3: its captures live in the frame: the end of the scope waits for the
// thread that runs it.
TEST(FinallyTest, EndOfScopeWaitsForTheWinner) {
  Latch started, release;
  bool ended = false;
  std::thread drainer;
  std::thread releaser;
  {
    Finally guard([&] {
      started.CountDown();
      release.Wait();
      ended = true;
    });
    drainer = std::thread([] { Registry::Process().Drain(); });
    started.Wait();
    releaser = std::thread([&] { release.CountDown(); });
  }
  EXPECT_TRUE(ended);
  drainer.join();
  releaser.join();
}

// C3, C15: also where its drain has left it behind.
TEST(FinallyTest, EndOfScopeWaitsForOneThatWasLeftBehind) {
  Latch started, release;
  bool ended = false;
  std::thread releaser;
  {
    Finally guard([&] {
      started.CountDown();
      release.Wait();
      ended = true;
    });
    finalize::DrainOptions options;
    options.threads = 1;
    size_t running = 0;
    while (running == 0) {  // the deadline may pass before the helper starts
      options.deadline = absl::Now() + absl::Milliseconds(20);
      running = Registry::Process().Drain(options).running;
    }
    EXPECT_EQ(running, 1u);
    releaser = std::thread([&] { release.CountDown(); });
  }
  EXPECT_TRUE(ended);
  releaser.join();
}

// C1, C10: a drain in its last phase takes no registrations of other threads,
// but the end of their scopes runs their guards.
TEST(FinallyTest, EndOfScopeRunsItIfTheRegistryIsClosed) {
  CapturedFailures failures;
  EventLog log;
  Cause cause = Cause::Kind::kCall;
  Registry::Process().Register([&] {
    std::thread([&] {
      Finally run(log.Adds("run"));
      Finally canceled(log.Adds("canceled"));
      Finally guard(Options("guard").set_phase(7), [&](const Cause& c) {
        cause = c;
        log.Add("guard");
      });
      EXPECT_TRUE(guard.alive());
      EXPECT_TRUE(run.Run());
      EXPECT_TRUE(canceled.Cancel());
      log.Add("body");
    }).join();
  });
  const Report report = Registry::Process().Drain();
  EXPECT_TRUE(report.status().ok()) << report.ToString();
  EXPECT_EQ(log.Text(), "run body guard");
  EXPECT_EQ(cause, Cause::Kind::kScope);
  EXPECT_EQ(failures.size(), 0u);
}

// C10: no drain runs such a guard, not even a later one.
TEST(FinallyTest, NoDrainRunsItIfTheRegistryWasClosed) {
  EventLog log;
  Latch guarded, drained;
  std::thread worker;
  Registry::Process().Register([&] {
    worker = std::thread([&] {
      Finally guard(log.Adds("guard"));
      guarded.CountDown();
      drained.Wait();
      log.Add("body");
    });
    guarded.Wait();
  });
  Registry::Process().Drain();
  Registry::Process().Drain();
  drained.CountDown();
  worker.join();
  EXPECT_EQ(log.Text(), "body guard");
}

// C1, C10: each runs once, in a drain or at the end of its scope, whatever the
// drains close meanwhile.
TEST(FinallyTest, EachRunsOnceBesideDrains) {
  CapturedFailures failures;
  constexpr int kThreads = 4, kScopes = 2000;
  std::atomic<int> ran{0};
  std::atomic<int> busy{kThreads};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < kScopes; ++j) {
        Finally guard(Options().set_phase(j % 3), [&] { ++ran; });
      }
      --busy;
    });
  }
  while (busy > 0) {
    Registry::Process().Register([] {});
    Registry::Process().Drain();
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(ran, kThreads * kScopes);
  EXPECT_EQ(failures.size(), 0u);
}

// C14: the end of a scope reports; nothing escapes, even during unwinding.
TEST(FinallyTest, EndOfScopeReportsFailures) {
  CapturedFailures failures;
  {
    Finally guard("thrower", [] { throw 1; });
  }
  try {
    Finally guard("status", [] { return absl::InternalError("bad"); });
    throw 2;
  } catch (int) {
  }
  ASSERT_EQ(failures.size(), 2u);
  EXPECT_EQ(failures.at(0).name, "thrower");
  EXPECT_EQ(failures.at(0).cause, Cause::Kind::kScope);
  EXPECT_EQ(failures.at(1).status, absl::InternalError("bad"));
}

// C3: Run lets the exception through.
TEST(FinallyTest, RunThrows) {
  Finally guard([] { throw 3; });
  EXPECT_THROW(guard.Run(), int);
  EXPECT_FALSE(guard.alive());
}

}  // namespace
