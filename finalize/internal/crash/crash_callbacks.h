// SPDX-License-Identifier: Apache-2.0

// The crash callbacks, and the callbacks of the reserve, which are called if
// the drain at the end of the process hangs: two tables that are filled without
// a lock and read by a signal handler at any moment.
//
// Thread-safe.
#ifndef FINALIZE_INTERNAL_CRASH_CRASH_CALLBACKS_H_
#define FINALIZE_INTERNAL_CRASH_CRASH_CALLBACKS_H_

#include "finalize/crash.h"
#include "finalize/export.h"

namespace finalize_internal {

// Returns false if the table is full.
FINALIZE_INTERNAL_EXPORT bool AddCrashCallback(
    finalize::CrashCallback callback);

// Calls the callbacks, newest first, until the deadline has passed.
// Async-signal-safe.
void RunCrashCallbacks(const finalize::Crash& crash);

// The same for the callbacks of the reserve.
FINALIZE_INTERNAL_EXPORT bool AddReserveCallback(
    finalize::CrashCallback callback);
bool HasReserveCallbacks();
void RunReserveCallbacks(const finalize::Crash& end);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_CRASH_CRASH_CALLBACKS_H_
