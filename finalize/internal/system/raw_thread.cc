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
#elif defined(__riscv)
  register long a7 asm("a7") = SYS_clone;
  register long a0 asm("a0") = kFlags;
  register char* a1 asm("a1") = stack_end;
  register long a2 asm("a2") = 0;
  register long a3 asm("a3") = 0;
  register uint32_t* a4 asm("a4") = alive;
  register void (*t1)() asm("t1") = run;
  asm volatile(
      "ecall\n\t"
      "bnez a0, 1f\n\t"
      "li s0, 0\n\t"
      "jalr t1\n\t"
      "ebreak\n"
      "1:"
      : "+r"(a0)
      : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(t1)
      : "ra", "memory");
  return a0;
#elif defined(__s390x__)
  // The stack comes first, and a function saves registers in its caller's
  // frame.
  register long r1 asm("r1") = SYS_clone;
  register long r2 asm("r2") = reinterpret_cast<long>(stack_end);
  register long r3 asm("r3") = kFlags;
  register long r4 asm("r4") = 0;
  register uint32_t* r5 asm("r5") = alive;
  register long r6 asm("r6") = 0;
  register void (*r7)() asm("r7") = run;
  asm volatile(
      "svc 0\n\t"
      "ltgr %%r2, %%r2\n\t"
      "jnz 1f\n\t"
      "aghi %%r15, -160\n\t"
      "xc 0(8, %%r15), 0(%%r15)\n\t"
      "basr %%r14, %%r7\n\t"
      "j .+2\n"
      "1:"
      : "+d"(r2)
      : "d"(r1), "d"(r3), "d"(r4), "d"(r5), "d"(r6), "d"(r7)
      : "r14", "memory", "cc");
  return r2;
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
