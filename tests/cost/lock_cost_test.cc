// SPDX-License-Identifier: Apache-2.0

// How many locks an operation takes, counted in locked instructions: each
// operation runs in a child that is stepped through it, one instruction at a
// time.

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <vector>

#include "finalize/at_exit.h"
#include "finalize/finalizer.h"
#include "finalize/finally.h"
#include "finalize/lifetime.h"
#include "finalize/registry.h"
#include "gtest/gtest.h"
#include "tests/support/forked.h"
#include "tests/support/send_signal.h"

namespace {

// Where it begins to count, and where it ends.
void Mark() { asm volatile("int3"); }

constexpr uint8_t kMark = 0xcc;
constexpr uint8_t kLockPrefix = 0xf0;

// The first bytes of the instruction that `child` is at.
std::vector<uint8_t> InstructionOf(pid_t child) {
  user_regs_struct registers;
  ptrace(PTRACE_GETREGS, child, nullptr, &registers);
  const long word = ptrace(PTRACE_PEEKTEXT, child, registers.rip, nullptr);
  std::vector<uint8_t> bytes(sizeof(word));
  memcpy(bytes.data(), &word, sizeof(word));
  return bytes;
}

// Whether it has the prefix, or is the exchange with memory that needs none.
bool IsLocked(const std::vector<uint8_t>& bytes) {
  size_t at = 0;
  const auto is_prefix = [](uint8_t byte) {
    return byte == 0x66 || byte == 0x64 || byte == 0x65 || byte == 0xf2 ||
           byte == 0xf3;
  };
  while (at + 3 < bytes.size() && is_prefix(bytes[at])) ++at;
  if (bytes[at] == kLockPrefix) return true;
  const bool has_rex = (bytes[at] & 0xf0) == 0x40;
  at += has_rex;
  const bool exchanges = bytes[at] == 0x86 || bytes[at] == 0x87;
  const bool in_registers = (bytes[at + 1] & 0xc0) == 0xc0;
  return exchanges && !in_registers;
}

bool Resume(pid_t child, __ptrace_request how) {
  int status = 0;
  ptrace(how, child, nullptr, nullptr);
  return waitpid(child, &status, __WALL) == child && WIFSTOPPED(status);
}

// The locked instructions of `step`, which has been done before; -1 where its
// process has ended in it.
template <class Step>
int LocksOf(Step step) {
  const pid_t child = finalize_test::Forked(fork());
  if (child == 0) {
    ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    for (int i = 0; i < 100; ++i) step();
    Mark();
    step();
    Mark();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, __WALL);
  int locks = 0;
  bool alive = WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP;
  while (alive) {
    const std::vector<uint8_t> instruction = InstructionOf(child);
    if (instruction[0] == kMark) break;
    locks += IsLocked(instruction);
    alive = Resume(child, PTRACE_SINGLESTEP);
  }
  finalize_test::SendSignal(child, SIGKILL);
  waitpid(child, &status, __WALL);
  return alive ? locks : -1;
}

void Callback() {}

TEST(LockCostTest, ExchangesAndPrefixesAreSeen) {
  static std::atomic<bool> flag{false};
  static std::atomic<int64_t> number{0};
  EXPECT_EQ(LocksOf([] {}), 0);
  EXPECT_EQ(LocksOf([] { flag.exchange(true); }), 1);
  EXPECT_EQ(LocksOf([] { number.fetch_add(2); }), 1);
  EXPECT_EQ(LocksOf([] { flag.store(false, std::memory_order_release); }), 0);
}

// C4: one to register, one to claim.
TEST(LockCostTest, RegisterAndDetachTakeTwo) {
  static finalize::Registry registry;
  EXPECT_EQ(LocksOf([] { registry.Register(Callback).Detach(); }), 2);
  EXPECT_EQ(LocksOf([] { finalize::AtExit(Callback).Detach(); }), 2);
}

// And one to retire.
TEST(LockCostTest, RegisterAndRunTakeThree) {
  static finalize::Registry registry;
  EXPECT_EQ(LocksOf([] { registry.Register(Callback).Run(); }), 3);
  EXPECT_EQ(LocksOf([] { finalize::Finally end(Callback); }), 3);
}

// The end of a lifetime that has no more is seen without one.
TEST(LockCostTest, LifetimeTakesNoMore) {
  EXPECT_EQ(LocksOf([] {
              finalize::Lifetime lifetime;
              finalize::OnDestroy(lifetime, Callback);
            }),
            3);
}

// Each of many is claimed and retired.
TEST(LockCostTest, DrainTakesTwoForEach) {
  static finalize::Registry registry;
  const auto drain = [](int count) {
    return LocksOf([count] {
      for (int i = 0; i < count; ++i) registry.Register(Callback);
      registry.Drain();
    });
  };
  const int one = drain(1);
  EXPECT_EQ(drain(11) - one, 10 * (1 + 2));
}

}  // namespace
