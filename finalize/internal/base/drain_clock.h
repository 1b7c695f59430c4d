// The clock of a drain's deadlines: CLOCK_MONOTONIC, which a test may put
// forward (finalize/testing.h). What is said of a run's duration is by it, too.
#ifndef FINALIZE_INTERNAL_BASE_DRAIN_CLOCK_H_
#define FINALIZE_INTERNAL_BASE_DRAIN_CLOCK_H_

#include <atomic>
#include <cstdint>

#include "finalize/internal/base/clock.h"

namespace finalize_internal {

extern std::atomic<bool> drain_clock_is_fake;
// How far it is put forward, in nanoseconds.
extern std::atomic<uint64_t> drain_clock_ahead;

inline uint64_t DrainNanos() {
  return NowNanos() + drain_clock_ahead.load(std::memory_order_relaxed);
}

// The same for one that has to know whether `deadline` has passed: exact where
// that is near. Where it is not, as of the last tick of the kernel's clock
// (some milliseconds), which costs a fifth; a tick that comes late by the
// margin is that of a machine that has stood still.
inline uint64_t DrainNanosBefore(uint64_t deadline) {
  constexpr uint64_t kMargin = 100000000;
  const uint64_t ahead = drain_clock_ahead.load(std::memory_order_relaxed);
  const uint64_t coarse = CoarseNanos() + ahead;
  return coarse + kMargin < deadline ? coarse : DrainNanos();
}

// Returns for how many nanoseconds a drain may sleep at `now` before it looks
// at the clock again: at most for some years.
inline uint64_t NapUntil(uint64_t deadline, uint64_t now) {
  const uint64_t longest =
      drain_clock_is_fake.load(std::memory_order_relaxed) ? 1000000 : INT64_MAX;
  return deadline - now < longest ? deadline - now : longest;
}

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_BASE_DRAIN_CLOCK_H_
