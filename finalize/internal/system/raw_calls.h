// SPDX-License-Identifier: Apache-2.0

// RawCall makes a system call without the C library. It is for a thread that
// has no thread-local storage (end_guard.h), on which errno would belong to
// another thread.
//
// FINALIZE_RAW marks every function that runs on such a thread. Sanitizers keep
// their records in thread-local storage as well, and so does the dynamic linker
// when it looks up a function that is visible outside its object.
#ifndef FINALIZE_INTERNAL_SYSTEM_RAW_CALLS_H_
#define FINALIZE_INTERNAL_SYSTEM_RAW_CALLS_H_

#include <sys/syscall.h>

#include <cstdint>

#if defined(__clang__)
#define FINALIZE_UNSANITIZED                        \
  __attribute__((disable_sanitizer_instrumentation, \
                 no_sanitize("address", "thread", "undefined")))
#else
#define FINALIZE_UNSANITIZED \
  __attribute__((no_sanitize("address", "thread", "undefined")))
#endif
#define FINALIZE_RAW FINALIZE_UNSANITIZED __attribute__((visibility("hidden")))

namespace finalize_internal {

// Returns what the kernel returns: an error as its negative number.
FINALIZE_RAW inline long RawCall(long number, long a = 0, long b = 0,
                                 long c = 0, long d = 0, long e = 0,
                                 long f = 0) {
#if defined(__x86_64__)
  long result;
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 asm("x8") = number;
  register long x0 asm("x0") = a;
  register long x1 asm("x1") = b;
  register long x2 asm("x2") = c;
  register long x3 asm("x3") = d;
  register long x4 asm("x4") = e;
  register long x5 asm("x5") = f;
  asm volatile("svc 0"
               : "+r"(x0)
               : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
               : "memory");
  return x0;
#elif defined(__riscv)
  register long a7 asm("a7") = number;
  register long a0 asm("a0") = a;
  register long a1 asm("a1") = b;
  register long a2 asm("a2") = c;
  register long a3 asm("a3") = d;
  register long a4 asm("a4") = e;
  register long a5 asm("a5") = f;
  asm volatile("ecall"
               : "+r"(a0)
               : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5)
               : "memory");
  return a0;
#elif defined(__s390x__)
  register long r1 asm("r1") = number;
  register long r2 asm("r2") = a;
  register long r3 asm("r3") = b;
  register long r4 asm("r4") = c;
  register long r5 asm("r5") = d;
  register long r6 asm("r6") = e;
  register long r7 asm("r7") = f;
  asm volatile("svc 0"
               : "+d"(r2)
               : "d"(r1), "d"(r3), "d"(r4), "d"(r5), "d"(r6), "d"(r7)
               : "memory", "cc");
  return r2;
#else
  (void)number, (void)a, (void)b, (void)c, (void)d, (void)e, (void)f;
  return -38;  // ENOSYS
#endif
}

template <class T>
FINALIZE_RAW inline long RawArgument(T* pointer) {
  return static_cast<long>(reinterpret_cast<intptr_t>(pointer));
}

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_SYSTEM_RAW_CALLS_H_
