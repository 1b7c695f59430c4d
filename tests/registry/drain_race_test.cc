// SPDX-License-Identifier: Apache-2.0

// Registrations and moves on some threads while another drains (contract C10).
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdio>
#include <thread>
#include <vector>

#include "finalize/registry.h"
#include "finalize/report.h"
#include "gtest/gtest.h"
#include "tests/support/forked.h"
#include "tests/support/latch.h"

namespace {

using finalize::Options;
using finalize::Registry;
using finalize_test::Forked;
using finalize_test::Latch;

// C10: threads register while another drains again and again: nothing that
// was accepted is lost.
TEST(DrainRaceTest, AcceptedOnesAreNotLost) {
  std::atomic<int> accepted{0}, ran{0};
  std::atomic<bool> stop{false};
  Registry registry;
  std::thread drainer([&] {
    while (!stop.load()) registry.Drain();
  });
  Latch start(2);
  auto body = [&] {
    start.Arrive();
    for (int i = 0; i < 1000; ++i) {
      if (registry.TryRegister({}, [&] { ++ran; }).ok()) ++accepted;
    }
  };
  std::thread other(body);
  body();
  other.join();
  stop.store(true);
  drainer.join();
  registry.Drain();
  EXPECT_EQ(ran.load(), accepted.load());
}

// Drains the process registry again and again beside threads that have not
// used it before. True if no report said that something was left, and each that
// was accepted ran.
bool DrainsBesideNewThreads() {
  constexpr int kThreads = 8;
  std::atomic<size_t> accepted{0};
  std::atomic<int> busy{kThreads};
  Latch start(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      start.Arrive();
      if (Registry::Process().TryRegister(Options().set_phase(i), [] {}).ok()) {
        ++accepted;
      }
      --busy;
    });
  }
  size_t ran = 0, left = 0;
  while (busy > 0) {
    const finalize::Report report = Registry::Process().Drain();
    ran += report.ran;
    left += report.left;
  }
  for (std::thread& thread : threads) thread.join();
  ran += Registry::Process().Drain().ran;
  if (left != 0) fprintf(stderr, "%zu left\n", left);
  return left == 0 && ran == accepted;
}

// C10: what is registered while a drain ends is refused by it, or run: no drain
// leaves it. Each time in a new process, none of whose lanes is in use.
TEST(DrainRaceTest, NoneIsLeft) {
  for (int i = 0; i < 200; ++i) {
    const pid_t child = Forked(fork());
    ASSERT_GE(child, 0);
    if (child == 0) _exit(DrainsBesideNewThreads() ? 0 : 1);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0) << "in process " << i;
  }
}

// C10, C12: the like for what is moved in.
TEST(DrainRaceTest, NoneThatMovesInIsLeft) {
  Registry to;
  std::atomic<bool> stop{false};
  size_t ran = 0, left = 0;
  std::thread drainer([&] {
    while (!stop) {
      const finalize::Report report = to.Drain();
      ran += report.ran;
      left += report.left;
    }
  });
  size_t moved = 0;
  for (int i = 0; i < 20000; ++i) {
    Registry from;
    from.Register(Options().set_phase(i % 3), [] {});
    if (from.MoveTo(to).ok()) ++moved;
  }
  stop = true;
  drainer.join();
  EXPECT_EQ(left, 0u);
  EXPECT_EQ(ran + to.Drain().ran, moved);
}

}  // namespace
