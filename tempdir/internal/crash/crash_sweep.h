// SPDX-License-Identifier: Apache-2.0

// Crash sweep: the removal of all of this process's roots while its other
// threads go on: in a crash (contract C23), and by the watchdog if the drain at
// the end of the process hangs (C15).
//
//     look for roots ---> rename each ---> empty each, 100 ms at most
//          ^                                      |
//          +---- another thread makes one, or ----+----> all are removed,
//                has put something in                    or time is up
//
// In a crash the gate (finalize/crash_gate.h) is shut by then: no other thread
// begins to make a temp dir. One that had begun may still enter a root, which
// is found in the next round. What threads put in through descriptors and
// working directories that they hold is removed as long as there is time.
//
// Async-signal-safe. One thread has the engine at a time. A crash that meets
// the watchdog at work waits for it, to its own deadline.

#ifndef TEMPDIR_INTERNAL_CRASH_CRASH_SWEEP_H_
#define TEMPDIR_INTERNAL_CRASH_CRASH_SWEEP_H_

#include <cstddef>

namespace tempdir_internal {

// Has the roots of the root table removed, or kept, when this process crashes
// with the exit hooks for that (finalize/exit_hooks.h), or when the drain at
// its end leaves no time for them but what is reserved
// (finalize/process_end.h).
void AddCrashSweep();

// If the watchdog of this process is removing the roots, waits until it has
// ended, which it does by itself. Returns how many roots it has left. Not for
// use in a crash.
size_t AwaitWatchdogSweep();

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_CRASH_CRASH_SWEEP_H_
