// Watchdog: ends the process if the drain at its end outlives its deadline.
#ifndef FINALIZE_INTERNAL_WATCHDOG_H_
#define FINALIZE_INTERNAL_WATCHDOG_H_

#include <cstdint>

#include "finalize/cause.h"

namespace finalize_internal {

// While it lives, a thread waits for the deadline, and for a little longer, so
// that a drain which notices the deadline itself comes first. Then that thread
// writes what is running and what is left in the process registry to standard
// error and calls _exit(kWatchdogExitCode). It needs no memory for that, and
// waits neither for a lock nor for a reader of standard error for long. After a
// std::terminate() it tries to end the process by that first.
// Where there is no thread to be had, says so on standard error.
//
// The newest one counts: it disarms those before it, whose frames may be gone
// for ever below a callback that called exit().
class Watchdog {
 public:
  // `deadline` in nanoseconds of CLOCK_MONOTONIC.
  Watchdog(uint64_t deadline, const finalize::Cause& cause);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
};

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_WATCHDOG_H_
