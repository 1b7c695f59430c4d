#include "finalize/internal/lock.h"

#include <sched.h>
#include <time.h>

#include "absl/base/attributes.h"

namespace finalize_internal {

ABSL_CONST_INIT LockSlot lock_table[kLockCount];

ABSL_CONST_INIT std::atomic<void (*)()> before_lock_wait{nullptr};

void Lock::AcquireSlow() {
  if (auto* call = before_lock_wait.load(std::memory_order_acquire)) call();
  constexpr int kSpins = 100;
  constexpr int kYields = 20;
  constexpr long kLongestNapNanos = 1000000;
  long nap = 20000;
  for (int attempt = 0;; ++attempt) {
    if (!held_.load(std::memory_order_relaxed) &&
        !held_.exchange(true, std::memory_order_acquire)) {
      return;
    }
    if (attempt < kSpins) {
#if defined(__x86_64__) || defined(__i386__)
      __builtin_ia32_pause();
#endif
    } else if (attempt < kSpins + kYields) {
      sched_yield();
    } else {
      timespec pause = {0, nap};
      nanosleep(&pause, nullptr);
      if (nap < kLongestNapNanos) nap *= 2;
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
