#include "finalize/observer.h"

#include <new>
#include <utility>

#include "finalize/internal/bracket.h"
#include "finalize/internal/lock.h"
#include "finalize/internal/observe.h"
#include "finalize/internal/own_frame.h"

namespace finalize_internal {
namespace {

using finalize::Observer;
using finalize::ReportEntry;

using SharedObserver = std::shared_ptr<const Observer>;

// Null for none. Never destroyed: it serves until the end.
SharedObserver& CurrentObserver()
    ABSL_EXCLUSIVE_LOCKS_REQUIRED(LockAt(kObserverLock)) {
  alignas(SharedObserver) static unsigned char storage[sizeof(SharedObserver)];
  static SharedObserver* observer = nullptr;  // no guard for a fork to catch
  if (observer == nullptr) observer = new (storage) SharedObserver;
  return *observer;
}

// Of the call of the observer that this thread is in.
FINALIZE_OWN_FRAME const char** Observing() {
  static thread_local const char* observing = nullptr;
  const char** bracket = &observing;
  asm volatile("" : "+r"(bracket));
  return bracket;
}

void Tell(const finalize::SharedFunction<void(const ReportEntry&)>& function,
          const ReportEntry& entry) noexcept {
  if (function == nullptr) return;
  BracketScope scope(&Observing,
                     static_cast<char*>(__builtin_frame_address(0)));
  try {
    function(entry);
  } catch (...) {
  }
}

}  // namespace

SharedObserver ExchangeObserver(SharedObserver observer) {
  LockHolder lock(LockAt(kObserverLock));
  if (observer != nullptr) {
    watch_flags.fetch_or(kWatchCallbacks | kWatchTimes,
                         std::memory_order_relaxed);
  } else {
    watch_flags.fetch_and(~uint32_t{kWatchCallbacks},
                          std::memory_order_relaxed);
  }
  std::swap(CurrentObserver(), observer);
  return observer;
}

Observation::Observation() {
  if ((watch_flags.load(std::memory_order_relaxed) & kWatchCallbacks) == 0 ||
      CanHold(*Observing(), static_cast<char*>(__builtin_frame_address(0)))) {
    return;
  }
  LockHolder lock(LockAt(kObserverLock));
  observer_ = CurrentObserver();
}

void Observation::Start(const ReportEntry& entry) const noexcept {
  Tell(observer_->start, entry);
}

void Observation::End(const ReportEntry& entry) const noexcept {
  Tell(observer_->end, entry);
}

}  // namespace finalize_internal

namespace finalize {

Observer SetObserver(Observer observer) {
  auto shared = observer.start == nullptr && observer.end == nullptr
                    ? nullptr
                    : std::make_shared<const Observer>(std::move(observer));
  auto old = finalize_internal::ExchangeObserver(std::move(shared));
  return old == nullptr ? Observer() : *old;
}

}  // namespace finalize
