// SPDX-License-Identifier: Apache-2.0

// The guard: a thread that ends the process if nothing else does.
//
// It is armed before the drain at the end of the process waits for anything, in
// a signal handler that has interrupted malloc(), the loader or this library as
// well. So it is a bare thread of the kernel: arming it allocates nothing and
// takes no lock; it runs on a static stack, has no thread-local storage and
// calls no function of the C library (raw_calls.h). A debugger shows it as a
// thread without its own name.
//
// What it does at its limit depends on its duty, which only grows within one
// drain:
//
// clang-format off
//     kDrain ----------------> kBehindDrain            kWholeEnd
//     ends the process;        ends the process if     ends the process
//     later if the watchdog    a thread is blocked or
//     (watchdog.h) runs,       sleeps in exit();
//     which reports more       else looks again later
// clang-format on
//
// It ends the process by _exit(kWatchdogExitCode), with a few lines on standard
// error. One is started in each process, by the first drain at its end.
#ifndef FINALIZE_INTERNAL_COPIES_END_GUARD_H_
#define FINALIZE_INTERNAL_COPIES_END_GUARD_H_

#include <cstdint>

#include "finalize/cause.h"

namespace finalize_internal {

enum class GuardDuty : uint32_t { kNone, kDrain, kBehindDrain, kWholeEnd };

// Makes the guard watch a drain, to `limit`, in nanoseconds of CLOCK_MONOTONIC.
// Starts the guard if it does not run. Returns false if the system has no
// thread for it. Async-signal-safe.
bool ArmGuard(uint64_t limit, const finalize::Cause& cause);

// For the thread that ends the process, when the drain is over. The rest of the
// end may take until `limit`, if that is later.
void GuardBehindDrain(uint64_t limit);

// Moves its limit to `limit`, if that is later, because other copies of the
// library need the time.
void ExtendGuard(uint64_t limit);

// Makes it watch the whole end of the process, until its present limit. `what`,
// if not null, is a constant text that says what hangs.
void GuardWholeEnd(const char* what);

// Records whether the watchdog runs. If it does, the guard leaves it the time
// to act first.
void NoteWatchdog(bool runs);

// Records that the library blocks this thread permanently.
void NoteBlockedThread();

// For dlclose() of the module that contains the library. Returns when the
// thread has ended.
void StopGuard();

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_COPIES_END_GUARD_H_
