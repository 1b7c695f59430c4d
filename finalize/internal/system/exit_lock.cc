// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/system/exit_lock.h"

#include <fcntl.h>
#include <link.h>
#include <linux/futex.h>
#include <pthread.h>

#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

#include <cstdint>

#include "finalize/internal/system/loaded_objects.h"
#include "finalize/internal/system/raw_text.h"

namespace finalize_internal {
namespace {

static_assert(sizeof(pthread_t) == sizeof(uintptr_t));

// FINALIZE_RAW code reads these variables, and sanitizers do not see that code.
// So they are plain words, accessed by atomic builtins.

// pthread_self() of the thread that runs an exit handler; 0: none yet.
uintptr_t holder = 0;
// The writable data of the C library.
uintptr_t data_begin = 0;
uintptr_t data_end = 0;

#ifdef __GLIBC__
int VisitObject(dl_phdr_info* info, size_t, void*) {
  const auto known = reinterpret_cast<uintptr_t>(gnu_get_libc_version());
  bool is_libc = false;
  uintptr_t begin = UINTPTR_MAX;
  uintptr_t end = 0;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& segment = info->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD) continue;
    const uintptr_t from = info->dlpi_addr + segment.p_vaddr;
    const uintptr_t to = from + segment.p_memsz;
    is_libc |= from <= known && known < to;
    if ((segment.p_flags & PF_W) == 0) continue;
    if (from < begin) begin = from;
    if (to > end) end = to;
  }
  if (!is_libc) return 0;
  __atomic_store_n(&data_end, end, __ATOMIC_RELAXED);
  __atomic_store_n(&data_begin, begin, __ATOMIC_RELEASE);
  return 1;
}
#endif

// The layout of a recursive lock in glibc.
struct RecursiveLock {
  int lock;
  int count;
  uintptr_t owner;
};

FINALIZE_RAW bool IsHeldInExit(uintptr_t address) {
  const uintptr_t begin = __atomic_load_n(&data_begin, __ATOMIC_ACQUIRE);
  const uintptr_t end = __atomic_load_n(&data_end, __ATOMIC_RELAXED);
  if (begin == 0 || address < begin || address >= end) return false;
  if (end - address < sizeof(RecursiveLock)) return false;
  if (address % alignof(RecursiveLock) != 0) return false;
  const auto* lock = reinterpret_cast<const RecursiveLock*>(address);
  const uintptr_t self = __atomic_load_n(&holder, __ATOMIC_ACQUIRE);
  return self != 0 && __atomic_load_n(&lock->owner, __ATOMIC_RELAXED) == self;
}

}  // namespace

void RecordInExit() {
  __atomic_store_n(&holder, static_cast<uintptr_t>(pthread_self()),
                   __ATOMIC_RELEASE);
}

bool IsAnyInExit() { return __atomic_load_n(&holder, __ATOMIC_ACQUIRE) != 0; }

void FindExitLock() {
#ifdef __GLIBC__
  if (__atomic_load_n(&data_begin, __ATOMIC_ACQUIRE) == 0) {
    VisitObjects(VisitObject, nullptr);
  }
#endif
}

// The file contains "running", or the number of the system call and its
// arguments. For a futex these are the address of the word, and the operation.
FINALIZE_RAW bool SleepsInExit(int thread) {
  RawText<64> path;
  path.Add("/proc/self/task/");
  path.AddNumber(static_cast<uint64_t>(thread));
  path.Add("/syscall");
  RawText<256> text;
  if (!text.Read(path.c_str())) return false;
  const char* at = text.c_str();
  uint64_t number = 0;
  uint64_t address = 0;
  uint64_t operation = 0;
  if (!RawParse(&at, 10, &number) || number != SYS_futex) return false;
  if (!RawParse(&at, 16, &address) || !RawParse(&at, 16, &operation)) {
    return false;
  }
  const uint64_t command = operation & FUTEX_CMD_MASK;
  return (command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET) &&
         IsHeldInExit(static_cast<uintptr_t>(address));
}

}  // namespace finalize_internal
