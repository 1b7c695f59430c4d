// The library's side of the observer (observer.h): what the code that runs
// callbacks asks first.
#ifndef FINALIZE_INTERNAL_LIFE_OBSERVE_H_
#define FINALIZE_INTERNAL_LIFE_OBSERVE_H_

#include <atomic>
#include <cstdint>
#include <memory>

#include "finalize/report.h"

namespace finalize_internal {

// Who wants to know of callbacks that run. 0 until somebody asks: a run costs
// one relaxed load more.
enum WatchFlag : uint32_t {
  kWatchTimes = 1,      // when they started (watch.h)
  kWatchCallbacks = 2,  // there is an observer
};
extern std::atomic<uint32_t> watch_flags;

inline bool Watched() {
  return __builtin_expect(watch_flags.load(std::memory_order_relaxed) != 0,
                          false);
}

// What the program has installed. Neither is called without the other.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  virtual void Start(const finalize::ReportEntry& entry) const = 0;
  virtual void End(const finalize::ReportEntry& entry) const = 0;
};

// Installs one and returns the one before; null stands for none.
std::shared_ptr<const RunObserver> ExchangeObserver(
    std::shared_ptr<const RunObserver> observer);

// The observer, from the start of one callback to its end: whatever replaces
// it meanwhile, the one that heard of the start hears of the end.
class Observation {
 public:
  Observation();
  // Whether there is one. Not for what the observer runs itself.
  bool any() const { return observer_ != nullptr; }
  // For one that there is. Nothing that it throws escapes.
  void Start(const finalize::ReportEntry& entry) const noexcept;
  void End(const finalize::ReportEntry& entry) const noexcept;

 private:
  std::shared_ptr<const RunObserver> observer_;
};

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_LIFE_OBSERVE_H_
