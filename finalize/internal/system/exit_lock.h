// The lock of exit() in glibc 2.41 and newer.
//
// exit() and quick_exit() take one recursive lock there, before anything else,
// and never release it. A second thread that calls either sleeps on it for
// good, and never reaches a hook. A thread that has reached one holds the lock,
// and the kernel tells on which word a thread sleeps: so it can be proved that
// a callback has called exit() and will not come back.
#ifndef FINALIZE_INTERNAL_SYSTEM_EXIT_LOCK_H_
#define FINALIZE_INTERNAL_SYSTEM_EXIT_LOCK_H_

#include "finalize/internal/system/raw_calls.h"

namespace finalize_internal {

// Notes that this thread is in a hook of exit() or quick_exit().
void RecordInExit();

// Whether a thread is in one. Before that nothing can be proved.
bool IsAnyInExit();

// Looks up where the C library keeps its data. Not for the guard: it takes a
// lock of the dynamic linker.
void FindExitLock();

// Whether `thread` (an id) sleeps on a lock that the thread in exit() holds
// within the C library. Then it never wakes. False where the kernel does not
// tell, before FindExitLock(), and with a C library that has no such lock.
FINALIZE_RAW bool SleepsInExit(int thread);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_SYSTEM_EXIT_LOCK_H_
