// The guard: a thread that ends the process if nothing else does.
//
// It is armed before the drain at the end of the process waits for anything,
// in a signal handler that has interrupted malloc(), the loader or this library
// as well. So it is a bare thread of the kernel's: arming it allocates nothing
// and takes no lock; it runs on a static stack, has no thread-local storage and
// calls no function of the C library (raw_calls.h). A debugger shows it as a
// thread without a name of its own.
//
// What it does at its limit depends on its duty, which only grows within one
// drain:
//
//     kDrain ----------------> kBehindDrain            kWholeEnd
//     ends the process;        ends the process if     ends the process
//     later if the watchdog    a thread is parked or
//     (watchdog.h) runs,       sleeps in exit();
//     which reports more       else looks again
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
// Starts it if need be. Async-signal-safe. False where the system has no thread
// for it.
bool ArmGuard(uint64_t limit, const finalize::Cause& cause);

// The drain is over; for the thread that ends the process. What still has to be
// done may take until `limit`, if that is later.
void GuardBehindDrain(uint64_t limit);

// Gives it until `limit`, if that is later: other copies of the library need
// it.
void ExtendGuard(uint64_t limit);

// Makes it watch the whole end of the process, to the limit it has. `what`, if
// not null, is a constant that says what hangs.
void GuardWholeEnd(const char* what);

// Notes that the watchdog runs, or not any more: it comes first.
void NoteWatchdog(bool runs);

// Notes that the library parks this thread for good.
void NoteParkedThread();

// For dlclose() of the module that holds the library. Returns when the thread
// has ended.
void StopGuard();

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_COPIES_END_GUARD_H_
