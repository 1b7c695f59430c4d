// SPDX-License-Identifier: Apache-2.0

// What a finalizer costs that can be counted: memory from the allocator and
// system calls. Neither is taken once a thread has registered before.
//
// Each case runs in a child that may make no system call but exit_group, and
// whose operator new is counted.

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <new>

#include "absl/base/attributes.h"
#include "absl/base/config.h"
#include "finalize/at_exit.h"
#include "finalize/finalizer.h"
#include "finalize/finally.h"
#include "finalize/lifetime.h"
#include "finalize/registry.h"
#include "gtest/gtest.h"
#include "tests/support/forked.h"

namespace {
int64_t allocations = 0;
}  // namespace

// Not inlined: a compiler that sees free() takes it for a mistake.
ABSL_ATTRIBUTE_NOINLINE void* operator new(size_t size) {
  ++allocations;
  void* const memory = malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
ABSL_ATTRIBUTE_NOINLINE void operator delete(void* memory) noexcept {
  free(memory);
}
ABSL_ATTRIBUTE_NOINLINE void operator delete(void* memory, size_t) noexcept {
  free(memory);
}

namespace {

constexpr int kTimes = 1000;
constexpr int kAllocated = 1;

// From here on any system call but exit_group ends the process.
void ForbidSystemCalls() {
  sock_filter instructions[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
  };
  const sock_fprog program = {4, instructions};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
    _exit(2);
  }
}

// Does `step` many times, when it has been done as often before. Returns how
// the child that did it ended, as wait says: 0 if `step` costs nothing.
template <class Step>
int CostOf(Step step) {
  const pid_t pid = finalize_test::Forked(fork());
  if (pid == 0) {
    for (int i = 0; i < kTimes; ++i) step();
    ForbidSystemCalls();
    const int64_t before = allocations;
    for (int i = 0; i < kTimes; ++i) step();
    // Not _exit, where AddressSanitizer has something to do.
    syscall(SYS_exit_group, allocations == before ? 0 : kAllocated);
  }
  int status = -1;
  waitpid(pid, &status, 0);
  return status;
}

// A callback of 32 bytes that does not forget its captures.
auto Callback() {
  static int64_t sum = 0;
  return [total = &sum, a = int64_t{1}, b = int64_t{2}, c = int64_t{3}] {
    *total += a + b + c;
  };
}

TEST(CostTest, AStepThatAllocatesIsSeen) {
  const int status = CostOf([] { operator delete(operator new(1)); });
#ifdef ABSL_HAVE_THREAD_SANITIZER
  // Its run-time may make a system call for it before it tells of it.
  EXPECT_NE(status, 0);
#else
  EXPECT_EQ(status, W_EXITCODE(kAllocated, 0));
#endif
}

TEST(CostTest, AStepThatMakesASystemCallIsSeen) {
  const int status = CostOf([] { getppid(); });
  EXPECT_TRUE(WIFSIGNALED(status));
}

TEST(CostTest, RegisterAndDetachCostNothing) {  // C4
  finalize::Registry registry;
  EXPECT_EQ(CostOf([&] { registry.Register(Callback()).Detach(); }), 0);
}

TEST(CostTest, RegisterAndRunCostNothing) {
  finalize::Registry registry;
  EXPECT_EQ(CostOf([&] { registry.Register(Callback()).Run(); }), 0);
}

TEST(CostTest, TheProcessRegistryCostsNothing) {
  EXPECT_EQ(CostOf([] { finalize::AtExit(Callback()).Detach(); }), 0);
}

TEST(CostTest, AScopeCostsNothing) {
  EXPECT_EQ(CostOf([] { finalize::Finally end(Callback()); }), 0);
}

TEST(CostTest, ALifetimeCostsNothing) {
  EXPECT_EQ(CostOf([] {
              finalize::Lifetime lifetime;
              finalize::OnDestroy(lifetime, Callback());
            }),
            0);
}

TEST(CostTest, ADrainCostsTheSameForMany) {
  // A drain itself may ask the clock; its finalizers take no memory.
  finalize::Registry registry;
  const auto allocations_for = [&](int count) {
    for (int i = 0; i < count; ++i) registry.Register(Callback());
    const int64_t before = allocations;
    registry.Drain();
    return allocations - before;
  };
  EXPECT_EQ(allocations_for(1000), allocations_for(1));
}

}  // namespace
