// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/crash/crash_callbacks.h"

#include <atomic>

#include "absl/base/attributes.h"
#include "finalize/internal/base/clock.h"
#include "finalize/internal/base/const_init_array.h"

namespace finalize_internal {
namespace {

using finalize::Crash;
using finalize::CrashCallback;
using finalize::kMaxCrashCallbacks;

// Filled from the front; an entry that is set stays.
using Table = ConstInitArray<std::atomic<CrashCallback>, kMaxCrashCallbacks>;
ABSL_CONST_INIT Table in_crash;
ABSL_CONST_INIT Table in_reserve;

bool AddTo(Table* table, CrashCallback callback) {
  for (auto& slot : *table) {
    CrashCallback there = nullptr;
    if (slot.compare_exchange_strong(there, callback,
                                     std::memory_order_acq_rel) ||
        there == callback) {
      return true;
    }
  }
  return false;
}

void Run(Table& table, const Crash& crash) {
  for (int i = kMaxCrashCallbacks - 1; i >= 0; --i) {
    const CrashCallback callback = table[i].load(std::memory_order_acquire);
    if (callback == nullptr) continue;
    if (NowNanos() >= crash.deadline_nanos) return;
    callback(crash);
  }
}

}  // namespace

bool AddCrashCallback(CrashCallback callback) {
  return AddTo(&in_crash, callback);
}

void RunCrashCallbacks(const Crash& crash) { Run(in_crash, crash); }

bool AddReserveCallback(CrashCallback callback) {
  return AddTo(&in_reserve, callback);
}

bool HasReserveCallbacks() {
  return in_reserve[0].load(std::memory_order_acquire) != nullptr;
}

void RunReserveCallbacks(const Crash& end) { Run(in_reserve, end); }

}  // namespace finalize_internal
