#include "finalize/internal/crash_callbacks.h"

#include <atomic>

#include "absl/base/attributes.h"
#include "finalize/internal/clock.h"

namespace finalize_internal {
namespace {

// Filled from the front; one that is set stays. In a class of its own: gcc
// would fill a bare array at run time, and forget what static constructors have
// added.
struct Callbacks {
  constexpr Callbacks() : slots{} {}
  std::atomic<CrashCallback> slots[kMostCrashCallbacks];
};
ABSL_CONST_INIT Callbacks callbacks;

}  // namespace

bool AddCrashCallback(CrashCallback callback) {
  for (auto& slot : callbacks.slots) {
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
    const CrashCallback callback =
        callbacks.slots[i].load(std::memory_order_acquire);
    if (callback == nullptr) continue;
    if (NowNanos() >= crash.deadline_nanos) return;
    callback(crash);
  }
}

}  // namespace finalize_internal
