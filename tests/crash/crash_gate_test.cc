// SPDX-License-Identifier: Apache-2.0

// The gate that a crash shuts, without a crash.
#include "finalize/crash_gate.h"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "finalize/internal/base/clock.h"
#include "finalize/internal/crash/crash_gate.h"
#include "gtest/gtest.h"
#include "tests/support/forked.h"
#include "tests/support/latch.h"

namespace {

using finalize::CrashGate;
using finalize_internal::NowNanos;
using finalize_internal::PassCrashGate;
using finalize_internal::ShutCrashGate;
using finalize_test::Latch;

constexpr uint64_t kMillisecond = 1000000;
constexpr uint64_t kMinute = 60000 * kMillisecond;

// Each shuts the gate of a process of its own, and returns what is wrong.
std::string InChild(std::string (*body)()) {
  int ends[2];
  if (pipe(ends) != 0) return "no pipe";
  const pid_t child = finalize_test::Forked(fork());
  if (child == 0) {
    const std::string wrong = body();
    if (write(ends[1], wrong.data(), wrong.size()) < 0) _exit(2);
    _exit(0);
  }
  close(ends[1]);
  std::string wrong;
  char c;
  while (read(ends[0], &c, 1) == 1) wrong.push_back(c);
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return status == 0 ? wrong : wrong + " status " + std::to_string(status);
}

void Shut(uint64_t patience, uint64_t reopens) {
  const uint64_t now = NowNanos();
  ShutCrashGate(now + patience, now + reopens);
}

// C23: an open gate holds nobody, nested or not.
TEST(CrashGateTest, IsOpen) {
  const CrashGate outer(CrashGate::Use::kMake);
  const CrashGate inner;
  EXPECT_FALSE(outer.refused());
  EXPECT_FALSE(inner.refused());
  EXPECT_FALSE(CrashGate::IsShut());
}

// C23: the thread that crashes is refused at once, and not waited for.
TEST(CrashGateTest, RefusesTheThreadThatCrashes) {
  EXPECT_EQ(InChild([]() -> std::string {
              const CrashGate around(CrashGate::Use::kMake);
              Shut(kMinute, kMinute);
              if (CrashGate::OthersMake()) return "waits for itself";
              return CrashGate().refused() ? "" : "not refused";
            }),
            "");
}

// C23: nor is another one that crashes, although it comes before the first one
// has shut the gate.
TEST(CrashGateTest, RefusesAnotherThreadThatCrashes) {
  EXPECT_EQ(InChild([]() -> std::string {
              static Latch* const latch = new Latch(2);
              std::thread([] {
                const CrashGate around(CrashGate::Use::kMake);
                PassCrashGate();
                latch->Arrive();
                for (;;) pause();
              }).detach();
              latch->Arrive();
              Shut(kMillisecond, kMinute);
              return CrashGate::OthersMake() ? "waits for it" : "";
            }),
            "");
}

// C23: one that is inside is waited for, until it has withdrawn; then it is
// held.
TEST(CrashGateTest, WaitsForThreadsInside) {
  EXPECT_EQ(InChild([]() -> std::string {
              static std::atomic<bool> inside{false}, worked{false},
                  left{false};
              std::thread([] {
                {
                  const CrashGate gate(CrashGate::Use::kMake);
                  inside = true;
                  while (!CrashGate::IsShut()) std::this_thread::yield();
                  worked = true;
                }
                left = true;
              }).detach();
              while (!inside) std::this_thread::yield();
              Shut(kMinute, kMinute);
              if (!worked) return "not waited for";
              if (CrashGate::OthersMake()) return "still announced";
              return left ? "not held" : "";
            }),
            "");
}

// C23: one that does not come to an end is waited for until the patience ends.
TEST(CrashGateTest, WaitsNoLongerThanItsPatience) {
  EXPECT_EQ(InChild([]() -> std::string {
              Latch* const inside = new Latch(2);
              std::thread([inside] {
                const CrashGate gate(CrashGate::Use::kMake);
                inside->Arrive();
                for (;;) pause();
              }).detach();
              inside->Arrive();
              Shut(kMillisecond, kMinute);
              return CrashGate::OthersMake() ? "" : "not announced";
            }),
            "");
}

// C23: a thread that has arrived waits until the gate opens again, since the
// process lives on; then it is as if nothing had been.
TEST(CrashGateTest, OpensAgain) {
  EXPECT_EQ(
      InChild([]() -> std::string {
        Shut(0, 50 * kMillisecond);
        bool refused = true;
        std::thread([&refused] { refused = CrashGate().refused(); }).join();
        if (refused) return "refused";
        if (CrashGate::IsShut()) return "still shut";
        return CrashGate().refused() ? "refused here" : "";
      }),
      "");
}

// C23: released threads are refused.
TEST(CrashGateTest, LetsThreadsGo) {
  EXPECT_EQ(
      InChild([]() -> std::string {
        Shut(0, kMinute);
        std::atomic<bool> refused{false};
        std::thread thread([&refused] { refused = CrashGate().refused(); });
        CrashGate::Release();
        thread.join();
        return refused ? "" : "not refused";
      }),
      "");
}

// C23: another thread that crashes is refused, too.
TEST(CrashGateTest, LetsEachThreadPassThatCrashes) {
  EXPECT_EQ(InChild([]() -> std::string {
              Shut(0, kMinute);
              bool refused = false;
              std::thread([&refused] {
                finalize_internal::PassCrashGate();
                refused = CrashGate().refused();
              }).join();
              return refused ? "" : "not refused";
            }),
            "");
}

// C21, C23: the gate of a forked child is open, and nobody is announced there.
TEST(CrashGateTest, IsOpenInAForkedChild) {
  EXPECT_EQ(InChild([]() -> std::string {
              Latch* const inside = new Latch(2);
              std::thread([inside] {
                const CrashGate gate(CrashGate::Use::kMake);
                inside->Arrive();
                for (;;) pause();
              }).detach();
              inside->Arrive();
              Shut(0, kMinute);
              return InChild([]() -> std::string {
                if (CrashGate::IsShut() || CrashGate().refused()) return "shut";
                return CrashGate::OthersMake() ? "announced in the parent" : "";
              });
            }),
            "");
}

// C23: more threads than there are slots get in.
TEST(CrashGateTest, HoldsNobodyForWantOfSlots) {
  constexpr int kThreads = 300;
  Latch inside(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&inside] {
      const CrashGate gate(CrashGate::Use::kMake);
      EXPECT_FALSE(gate.refused());
      inside.Arrive();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(CrashGate::OthersMake());
}

}  // namespace
