// SPDX-License-Identifier: Apache-2.0

// Watchdog watches the drain at the end of the process, and ends the process if
// the drain exceeds its deadline.
#ifndef FINALIZE_INTERNAL_END_WATCHDOG_H_
#define FINALIZE_INTERNAL_END_WATCHDOG_H_

#include <cstdint>

#include "finalize/cause.h"

namespace finalize_internal {

// When the watchdog of a drain does what, in nanoseconds of CLOCK_MONOTONIC.
// UINT64_MAX: never.
struct EndTimes {
  uint64_t start;     // when the first drain at the end of the process began
  uint64_t notice;    // when to print what is running
  uint64_t reserve;   // when to call the reserve callbacks
  uint64_t deadline;  // of the drain
};

// While a Watchdog exists, a thread waits for these times:
//
//   notice     The thread prints to standard error what is running.
//   reserve    It prints in which callback the drain hangs, and calls the
//              reserve callbacks (crash_callback.h), which remove temp dirs.
//   deadline   It waits one second more, so that a drain that notices the
//              deadline itself acts first. Then it prints what is running, in
//              any registry, and what is left in those that are drained, and
//              calls _exit(kWatchdogExitCode). After a std::terminate() it
//              first tries to end the process by that.
//
// The thread needs no memory for that, and waits only briefly for a lock or for
// a reader of standard error. If no thread can be started, the constructor says
// so on standard error. The destructor waits for reserve callbacks that are
// running.
//
// The newest Watchdog counts. It disarms the older ones, which may never be
// destroyed, because they are below a callback that called exit().
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
