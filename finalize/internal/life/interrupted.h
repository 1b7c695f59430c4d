// SPDX-License-Identifier: Apache-2.0

// Handles a call of exit() in a signal handler that interrupted this library.
//
// POSIX forbids it, but programs do it. The interrupted code never continues,
// so the locks that this thread held stay locked, and the data that they guard
// may be half changed. The drain passes over the lanes among them: finalizers
// that are pending there do not run, and are reported. Requests in flight are
// no longer awaited. All other data is put into a usable state.
#ifndef FINALIZE_INTERNAL_LIFE_INTERRUPTED_H_
#define FINALIZE_INTERNAL_LIFE_INTERRUPTED_H_

#include "finalize/cause.h"

namespace finalize_internal {

// Passes over the lanes that this thread may have been changing when it was
// interrupted, and releases its other locks. Returns whether it held any lock.
// For the thread that drains, which has armed the guard.
bool PassOverHeldLocks();

// Returns true if the thread that was interrupted may have been changing the
// lists of requests in flight (in_flight.h), so that they cannot be used. For
// the holder of their lock.
bool RequestsPassedOver();

// Reports as unreached the finalizers of the process registry that are pending
// on lanes that are passed over. Returns whether there are any.
bool ReportPassedOver(const finalize::Cause& cause);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_LIFE_INTERRUPTED_H_
