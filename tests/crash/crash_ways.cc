// SPDX-License-Identifier: Apache-2.0

#include "tests/crash/crash_ways.h"

#undef NDEBUG
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cassert>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <thread>
#include <utility>

// What the sanitizers would report is what is wanted.
#if defined(__clang__) || defined(__SANITIZE_ADDRESS__) || \
    defined(__SANITIZE_THREAD__)
#define UNCHECKED __attribute__((no_sanitize("undefined", "address", "thread")))
#else
#define UNCHECKED __attribute__((no_sanitize("undefined")))
#endif

namespace finalize_test {
namespace {

UNCHECKED void Segv() {
  volatile int* const nowhere = reinterpret_cast<int*>(uintptr_t{64});
  *nowhere = 1;
}

// A page of a file that has none.
UNCHECKED void Bus() {
  const int file = memfd_create("empty", MFD_CLOEXEC);
  void* const page = mmap(nullptr, 4096, PROT_READ, MAP_SHARED, file, 0);
  (void)*static_cast<volatile char*>(page);
}

UNCHECKED void Ill() {
#if defined(__x86_64__)
  asm volatile("ud2");
#else
  raise(SIGILL);
#endif
}

UNCHECKED void Fpe() {
#if defined(__x86_64__)
  asm volatile("xorl %%ecx, %%ecx; movl $1, %%eax; cltd; idivl %%ecx" ::
                   : "eax", "ecx", "edx", "cc");
#else
  raise(SIGFPE);
#endif
}

UNCHECKED __attribute__((noinline)) int Overflow(volatile char* above) {
  volatile char frame[4096];
  frame[0] = above == nullptr ? 0 : *above;
  if (getpid() == 0) return 0;
  return Overflow(frame) + frame[0];
}

void Assert() { assert(getpid() == 0); }

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OWN_MALLOC 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define OWN_MALLOC 1
#endif
#endif

#ifdef OWN_MALLOC
// The sanitizers have an allocator of their own: one of its hooks crashes, but
// once. AddressSanitizer calls malloc() when a handler leaves its stack.
extern "C" int __sanitizer_install_malloc_and_free_hooks(
    void (*malloc_hook)(const volatile void*, size_t),
    void (*free_hook)(const volatile void*));
void Malloc() {
  __sanitizer_install_malloc_and_free_hooks(
      [](const volatile void*, size_t) {
        static bool crashed = false;
        if (!std::exchange(crashed, true)) std::abort();
      },
      [](const volatile void*) {});
  void* volatile block = std::malloc(10);
  std::free(block);
}
#else
// malloc takes its locks only where there were threads; it finds the second
// free() when it holds the lock of the arena.
void Malloc() {
  std::thread([] {}).join();
  void* volatile block = std::malloc(5000);
  void* volatile next = std::malloc(5000);
  std::free(block);
  std::free(block);
  std::free(next);
}
#endif

struct Way {
  std::string_view name;
  int signal;
  void (*crash)();
};

constexpr Way kWays[] = {
    {"segv", SIGSEGV, Segv},
    {"bus", SIGBUS, Bus},
    {"ill", SIGILL, Ill},
    {"fpe", SIGFPE, Fpe},
    {"abort", SIGABRT, std::abort},
    {"raise-segv", SIGSEGV, [] { raise(SIGSEGV); }},
    {"raise-bus", SIGBUS, [] { raise(SIGBUS); }},
    {"raise-ill", SIGILL, [] { raise(SIGILL); }},
    {"raise-fpe", SIGFPE, [] { raise(SIGFPE); }},
    {"raise-abort", SIGABRT, [] { raise(SIGABRT); }},
    {"overflow", SIGSEGV, [] { Overflow(nullptr); }},
    {"terminate", SIGABRT, std::terminate},
    {"assert", SIGABRT, Assert},
    {"malloc", SIGABRT, Malloc},
};

}  // namespace

void CrashBy(std::string_view name) {
  for (const Way& way : kWays) {
    if (way.name == name) way.crash();
  }
}

int CrashSignal(std::string_view name) {
  for (const Way& way : kWays) {
    if (way.name == name) return way.signal;
  }
  return 0;
}

}  // namespace finalize_test
