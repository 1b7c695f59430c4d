#include "finalize/internal/crash_callbacks.h"

#include <atomic>

#include "absl/base/attributes.h"
#include "finalize/internal/clock.h"
#include "finalize/internal/const_init_array.h"

namespace finalize_internal {
namespace {

// Filled from the front; one that is set stays.
ABSL_CONST_INIT ConstInitArray<std::atomic<CrashCallback>, kMostCrashCallbacks>
    callbacks;

}  // namespace

bool AddCrashCallback(CrashCallback callback) {
  for (auto& slot : callbacks) {
    CrashCallback there = nullptr;
    if (slot.compare_exchange_strong(there, callback,
                                     std::memory_order_acq_rel) ||
        there == callback) {
      return true;
    }
  }
  return false;
}

void RunCrashCallbacks(const Crash& crash) {
  for (int i = kMostCrashCallbacks - 1; i >= 0; --i) {
    const CrashCallback callback = callbacks[i].load(std::memory_order_acquire);
    if (callback == nullptr) continue;
    if (NowNanos() >= crash.deadline_nanos) return;
    callback(crash);
  }
}

}  // namespace finalize_internal
