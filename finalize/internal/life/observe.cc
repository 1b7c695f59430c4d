// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/life/observe.h"

#include <new>
#include <utility>

#include "absl/base/attributes.h"
#include "finalize/internal/base/bracket.h"
#include "finalize/internal/base/lock.h"
#include "finalize/internal/base/own_frame.h"

namespace finalize_internal {
namespace {

using finalize::ReportEntry;

using SharedObserver = std::shared_ptr<const RunObserver>;

// Null for none. It is never destroyed, so that it can be used until the
// process ends.
SharedObserver& CurrentObserver()
    ABSL_EXCLUSIVE_LOCKS_REQUIRED(LockAt(kObserverLock)) {
  alignas(SharedObserver) static unsigned char storage[sizeof(SharedObserver)];
  // Initialized without a guard, which a fork could copy while it is held.
  static SharedObserver* observer = nullptr;
  if (observer == nullptr) observer = new (storage) SharedObserver;
  return *observer;
}

// The bracket (bracket.h) of the call of the observer that this thread is in.
FINALIZE_OWN_FRAME const char** Observing() {
  static thread_local const char* observing = nullptr;
  const char** bracket = &observing;
  asm volatile("" : "+r"(bracket));
  return bracket;
}

void Tell(const RunObserver& observer,
          void (RunObserver::*hear)(const ReportEntry&) const,
          const ReportEntry& entry) noexcept {
  BracketScope scope(&Observing,
                     static_cast<char*>(__builtin_frame_address(0)));
  try {
    (observer.*hear)(entry);
  } catch (...) {
  }
}

}  // namespace

ABSL_CONST_INIT std::atomic<uint32_t> observe_flags{0};

std::shared_ptr<const RunObserver> ExchangeObserver(
    std::shared_ptr<const RunObserver> observer) {
  LockHolder lock(LockAt(kObserverLock));
  if (observer != nullptr) {
    observe_flags.fetch_or(kObserveCallbacks | kObserveTimes,
                           std::memory_order_relaxed);
  } else {
    observe_flags.fetch_and(~uint32_t{kObserveCallbacks},
                            std::memory_order_relaxed);
  }
  std::swap(CurrentObserver(), observer);
  return observer;
}

Observation::Observation() {
  if ((observe_flags.load(std::memory_order_relaxed) & kObserveCallbacks) ==
          0 ||
      CanHold(*Observing(), static_cast<char*>(__builtin_frame_address(0)))) {
    return;
  }
  LockHolder lock(LockAt(kObserverLock));
  observer_ = CurrentObserver();
}

void Observation::Start(const ReportEntry& entry) const noexcept {
  Tell(*observer_, &RunObserver::Start, entry);
}

void Observation::End(const ReportEntry& entry) const noexcept {
  Tell(*observer_, &RunObserver::End, entry);
}

}  // namespace finalize_internal
