// SPDX-License-Identifier: Apache-2.0

// The library's side of the observer (observer.h): IsObserved() and
// Observation, which the code that runs callbacks uses.
#ifndef FINALIZE_INTERNAL_LIFE_OBSERVE_H_
#define FINALIZE_INTERNAL_LIFE_OBSERVE_H_

#include <atomic>
#include <cstdint>
#include <memory>

#include "finalize/report.h"

namespace finalize_internal {

// Flags for the observers of callbacks. They are 0 until one is installed, so
// that a run costs only one relaxed load more.
enum ObserveFlag : uint32_t {
  kObserveTimes = 1,      // when they started (observed_run.h)
  kObserveCallbacks = 2,  // there is an observer
};
extern std::atomic<uint32_t> observe_flags;

inline bool IsObserved() {
  return __builtin_expect(observe_flags.load(std::memory_order_relaxed) != 0,
                          false);
}

// The observer that the program has installed: both of its callbacks.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  virtual void Start(const finalize::ReportEntry& entry) const = 0;
  virtual void End(const finalize::ReportEntry& entry) const = 0;
};

// Installs an observer and returns the previous one. Null stands for none.
std::shared_ptr<const RunObserver> ExchangeObserver(
    std::shared_ptr<const RunObserver> observer);

// Holds the observer from the start of one callback to its end. If another
// observer replaces it meanwhile, the one that received the start still
// receives the end.
class Observation {
 public:
  Observation();
  // Returns whether there is an observer. Returns false for callbacks that the
  // observer itself runs.
  bool any() const { return observer_ != nullptr; }
  // Both call the observer, which must exist. Exceptions of the observer do not
  // escape.
  void Start(const finalize::ReportEntry& entry) const noexcept;
  void End(const finalize::ReportEntry& entry) const noexcept;

 private:
  std::shared_ptr<const RunObserver> observer_;
};

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_LIFE_OBSERVE_H_
