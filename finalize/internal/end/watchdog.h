// Watchdog: looks after the drain at the end of the process, and ends the
// process if that outlives its deadline.
#ifndef FINALIZE_INTERNAL_END_WATCHDOG_H_
#define FINALIZE_INTERNAL_END_WATCHDOG_H_

#include <cstdint>

#include "finalize/cause.h"

namespace finalize_internal {

// When the watchdog of a drain does what, in nanoseconds of CLOCK_MONOTONIC.
// UINT64_MAX: never.
struct EndTimes {
  uint64_t start;     // the first drain at the end of the process has begun
  uint64_t notice;    // to say what is running
  uint64_t reserve;   // to have the reserve callbacks called
  uint64_t deadline;  // of the drain
};

// While it lives, a thread waits for these times:
//
//   notice     the thread names on standard error what is running;
//   reserve    it names what the drain hangs in, and calls the reserve
//              callbacks (crash_callback.h), which remove the temp dirs;
//   deadline   and a second later, so that a drain that notices the deadline
//              itself comes first, it writes what is running, in any registry,
//              and what is left in those that are drained, and calls
//              _exit(kWatchdogExitCode). After a std::terminate() it tries to
//              end the process by that first.
//
// It needs no memory for that, and waits neither for a lock nor for a reader of
// standard error for long. If no thread can be started, it says so on standard
// error. The end of a watchdog waits for reserve callbacks that are running.
//
// The newest one counts: it disarms those before it, whose frames may never be
// left, below a callback that called exit().
class Watchdog {
 public:
  Watchdog(const EndTimes& times, const finalize::Cause& cause);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  const EndTimes times_;
};

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_END_WATCHDOG_H_
