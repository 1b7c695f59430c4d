// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/system/raw_thread.h"

#include <linux/sched.h>
#include <signal.h>

#include <cstdint>

namespace finalize_internal {
namespace {

constexpr long kFlags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
                        CLONE_THREAD | CLONE_SYSVSEM | CLONE_CHILD_CLEARTID;

// clone(), after which the new thread calls `run`. Returns only in the old
// thread.
FINALIZE_RAW long Clone(void (*run)(), char* stack_end, uint32_t* alive) {
#if defined(__x86_64__)
  long result;
  register uint32_t* r10 asm("r10") = alive;
  register long r8 asm("r8") = 0;
  register void (*r9)() asm("r9") = run;
  asm volatile(
      "syscall\n\t"
      "test %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "xor %%ebp, %%ebp\n\t"
      "call *%%r9\n\t"
      "ud2\n"
      "1:"
      : "=a"(result)
      : "a"(SYS_clone), "D"(kFlags), "S"(stack_end), "d"(0), "r"(r10), "r"(r8),
        "r"(r9)
      : "rcx", "r11", "memory", "cc");
  return result;
#elif defined(__aarch64__)
  register long x8 asm("x8") = SYS_clone;
  register long x0 asm("x0") = kFlags;
  register char* x1 asm("x1") = stack_end;
  register long x2 asm("x2") = 0;
  register long x3 asm("x3") = 0;
  register uint32_t* x4 asm("x4") = alive;
  register void (*x9)() asm("x9") = run;
  asm volatile(
      "svc 0\n\t"
      "cbnz x0, 1f\n\t"
      "mov x29, xzr\n\t"
      "blr x9\n\t"
      "brk 0\n"
      "1:"
      : "+r"(x0)
      : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x9)
      : "x30", "memory", "cc");
  return x0;
#else
  (void)run, (void)stack_end, (void)alive;
  return -38;  // ENOSYS
#endif
}

}  // namespace

bool StartRawThread(void (*run)(), char* stack_end, uint32_t* alive) {
  // The kernel's signal set: one bit for each signal, including those that the
  // C library uses itself.
  const uint64_t all = ~uint64_t{0};
  uint64_t before = 0;
  RawCall(SYS_rt_sigprocmask, SIG_SETMASK, RawArgument(&all),
          RawArgument(&before), sizeof(all));
  __atomic_store_n(alive, 1u, __ATOMIC_RELEASE);
  const long result = Clone(run, stack_end, alive);
  if (result < 0) __atomic_store_n(alive, 0u, __ATOMIC_RELEASE);
  RawCall(SYS_rt_sigprocmask, SIG_SETMASK, RawArgument(&before), 0,
          sizeof(before));
  return result > 0;
}

void EndRawThread() {
  for (;;) RawCall(SYS_exit, 0);
}

}  // namespace finalize_internal
