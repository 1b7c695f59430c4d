// SPDX-License-Identifier: Apache-2.0

// Finds out whether a thread sleeps forever on the lock of exit() in glibc 2.41
// and newer.
//
// There, exit() and quick_exit() first take one recursive lock and never
// release it. A second thread that calls either function sleeps on the lock
// permanently, and never reaches an exit handler. A thread that runs an exit
// handler holds the lock, and the kernel reports on which word a thread sleeps.
// Together these prove that a callback has called exit() and will not return.
#ifndef FINALIZE_INTERNAL_SYSTEM_EXIT_LOCK_H_
#define FINALIZE_INTERNAL_SYSTEM_EXIT_LOCK_H_

#include "finalize/internal/system/raw_calls.h"

namespace finalize_internal {

// Records that this thread runs an exit handler of exit() or quick_exit().
void RecordInExit();

// Returns whether RecordInExit was called. Before that, SleepsInExit returns
// false.
bool IsAnyInExit();

// Looks up where the C library keeps its data. The end guard (end_guard.h) must
// not call it, because it takes a lock of the dynamic linker.
void FindExitLock();

// Returns whether `thread` (an id) sleeps on a lock of the C library that the
// thread in exit() holds. If so, it never wakes. Returns false if the kernel
// does not report the word, if FindExitLock() was not called, or if the C
// library has no such lock.
FINALIZE_RAW bool SleepsInExit(int thread);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_SYSTEM_EXIT_LOCK_H_
