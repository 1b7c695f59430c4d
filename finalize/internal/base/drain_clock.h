// SPDX-License-Identifier: Apache-2.0

// DrainNanos reads the clock of drain deadlines: CLOCK_MONOTONIC, which a test
// can put forward (finalize/testing.h). Reported durations of runs use it, too.
#ifndef FINALIZE_INTERNAL_BASE_DRAIN_CLOCK_H_
#define FINALIZE_INTERNAL_BASE_DRAIN_CLOCK_H_

#include <atomic>
#include <cstdint>

#include "finalize/export.h"
#include "finalize/internal/base/clock.h"

namespace finalize_internal {

FINALIZE_INTERNAL_EXPORT extern std::atomic<bool> drain_clock_is_fake;
// How far a test has put the clock forward, in nanoseconds.
FINALIZE_INTERNAL_EXPORT extern std::atomic<uint64_t> drain_clock_ahead;

inline uint64_t DrainNanos() {
  return NowNanos() + drain_clock_ahead.load(std::memory_order_relaxed);
}

// Returns the time for a caller that asks whether `deadline` has passed. The
// time is exact if the deadline is near. Otherwise it is the time of the last
// tick of the kernel's clock (some milliseconds ago), which costs a fifth. A
// tick is late by as much as kMargin only if the whole machine has stood still.
inline uint64_t DrainNanosBefore(uint64_t deadline) {
  constexpr uint64_t kMargin = 100000000;
  const uint64_t ahead = drain_clock_ahead.load(std::memory_order_relaxed);
  const uint64_t coarse = CoarseNanos() + ahead;
  return coarse + kMargin < deadline ? coarse : DrainNanos();
}

// Returns how many nanoseconds a drain may sleep at `now` before it reads the
// clock again: INT64_MAX at most, and 1 ms while the clock is fake.
inline uint64_t NapUntil(uint64_t deadline, uint64_t now) {
  const uint64_t longest =
      drain_clock_is_fake.load(std::memory_order_relaxed) ? 1000000 : INT64_MAX;
  return deadline - now < longest ? deadline - now : longest;
}

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_BASE_DRAIN_CLOCK_H_
