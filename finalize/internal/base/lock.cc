// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/base/lock.h"

#include <sched.h>
#include <time.h>

#include "absl/base/attributes.h"

namespace finalize_internal {

ABSL_CONST_INIT LockSlot lock_table[kLockCount];

ABSL_CONST_INIT std::atomic<void (*)()> before_lock_wait{nullptr};
ABSL_CONST_INIT std::atomic<void (*)()> before_vain_wait{nullptr};
ABSL_CONST_INIT std::atomic<uint64_t> lanes_passed_over{0};

void Lock::AcquireSlow() {
  if (auto* call = before_lock_wait.load(std::memory_order_acquire)) call();
  if (HeldHere()) {
    if (auto* call = before_vain_wait.load(std::memory_order_acquire)) call();
  }
  constexpr int kSpins = 100;
  constexpr int kYields = 20;
  constexpr long kMaxNapNanos = 1000000;
  long nap = 20000;
  for (int attempt = 0;; ++attempt) {
    if (holder_.load(std::memory_order_relaxed) == 0 && TryAcquire()) return;
    if (attempt < kSpins) {
#if defined(__x86_64__) || defined(__i386__)
      __builtin_ia32_pause();
#endif
    } else if (attempt < kSpins + kYields) {
      sched_yield();
    } else {
      timespec pause = {0, nap};
      nanosleep(&pause, nullptr);
      if (nap < kMaxNapNanos) nap *= 2;
    }
  }
}

void AcquireAllLocks() {
  for (LockSlot& slot : lock_table) slot.lock.Acquire();
}

void ReleaseAllLocks() {
  for (LockSlot& slot : lock_table) slot.lock.Release();
}

}  // namespace finalize_internal
