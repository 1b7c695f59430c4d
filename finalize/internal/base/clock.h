// SPDX-License-Identifier: Apache-2.0

// NowNanos reads the clock that orders registrations and gives their age.
#ifndef FINALIZE_INTERNAL_BASE_CLOCK_H_
#define FINALIZE_INTERNAL_BASE_CLOCK_H_

#include <time.h>

#include <cstdint>

namespace finalize_internal {

// Returns CLOCK_MONOTONIC in nanoseconds. If one reading happens before
// another, on any two threads, the later reading is not smaller: the kernel
// orders the read of the time stamp behind all earlier loads, which a bare
// rdtsc does not.
inline uint64_t NowNanos() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000000000u +
         static_cast<uint64_t>(now.tv_nsec);
}

// Returns the time of the last tick of the kernel's clock: never later than
// NowNanos(), and cheaper.
inline uint64_t CoarseNanos() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000000000u +
         static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_BASE_CLOCK_H_
