// SPDX-License-Identifier: Apache-2.0

// What the watchdog of the drain at the end of a process writes to standard
// error. A callback hangs meanwhile, so nothing here needs memory, and nothing
// waits long for a lock or for a reader of standard error.
//
// Confined to the thread of one watchdog at a time.
#ifndef FINALIZE_INTERNAL_END_WATCHDOG_REPORT_H_
#define FINALIZE_INTERNAL_END_WATCHDOG_REPORT_H_

#include <cstdint>

#include "finalize/cause.h"

namespace finalize_internal {

// All times are in nanoseconds of CLOCK_MONOTONIC.

// Names each callback that is running, for how long it has, how many finalizers
// are left, and when the process ends at the latest. Several lines if several
// callbacks are running.
void WriteNotice(const finalize::Cause& cause, uint64_t start, uint64_t end);

// Names each callback that is running, and says that the temp dirs are removed
// without waiting for it any longer.
void WritePassedOver(const finalize::Cause& cause);

// Names what is running, in any registry, and what is left in those that are
// drained: the process ends now.
void WriteEndReport(const finalize::Cause& cause);

// Writes `text` to standard error as it is.
void WriteLine(const char* text);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_END_WATCHDOG_REPORT_H_
