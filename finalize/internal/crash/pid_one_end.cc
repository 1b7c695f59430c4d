// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/crash/pid_one_end.h"

#include <errno.h>
#include <linux/futex.h>
#include <time.h>

#include "finalize/internal/system/raw_calls.h"
#include "finalize/internal/system/raw_thread.h"

namespace finalize_internal {
namespace {

constexpr uint64_t kSecond = 1000000000;

// Plain words, accessed by atomic builtins: a sanitizer would instrument
// std::atomic.
struct End {
  uint64_t at_nanos;
  int32_t status;
  uint32_t canceled;
  uint32_t alive;  // cleared by the kernel
};
End end;
alignas(64) char stack[4 * 1024];

FINALIZE_RAW bool IsCanceled() {
  return __atomic_load_n(&end.canceled, __ATOMIC_ACQUIRE) != 0;
}

FINALIZE_RAW void Run() {
  // FUTEX_WAIT_BITSET: the time is absolute.
  const uint64_t at_nanos = __atomic_load_n(&end.at_nanos, __ATOMIC_ACQUIRE);
  const timespec at = {static_cast<time_t>(at_nanos / kSecond),
                       static_cast<long>(at_nanos % kSecond)};
  while (!IsCanceled()) {
    const long result = RawCall(SYS_futex, RawArgument(&end.canceled),
                                FUTEX_WAIT_BITSET_PRIVATE, 0, RawArgument(&at),
                                0, static_cast<long>(FUTEX_BITSET_MATCH_ANY));
    if (result == -ETIMEDOUT && !IsCanceled()) {
      RawCall(SYS_exit_group, __atomic_load_n(&end.status, __ATOMIC_ACQUIRE));
    }
  }
  EndRawThread();
}

}  // namespace

void EndPidOneAt(uint64_t at_nanos, int status) {
  __atomic_store_n(&end.status, status, __ATOMIC_RELEASE);
  __atomic_store_n(&end.at_nanos, at_nanos, __ATOMIC_RELEASE);
  StartRawThread(&Run, stack + sizeof(stack), &end.alive);
}

void CancelPidOneEnd() {
  __atomic_store_n(&end.canceled, 1u, __ATOMIC_RELEASE);
  RawCall(SYS_futex, RawArgument(&end.canceled), FUTEX_WAKE_PRIVATE, 1);
}

}  // namespace finalize_internal
