// Crash removal: the removal of this process's directories from inside the
// handler of a crash (contract C23), or by the watchdog of a drain that hangs at
// the end of the process (C15).
//
// It is the removal engine of RemoveTree, in a fixed block instead of the heap,
// on one thread, so that it takes no lock, and with system calls that fail from
// the deadline on. What differs is the way in: the names and identities come
// from a table that needs no lock, and errors go nowhere. What is left then is
// the next reaper's.
//
// Async-signal-safe. Confined to one thread of the process.

#ifndef TEMPDIR_INTERNAL_CRASH_REMOVAL_H_
#define TEMPDIR_INTERNAL_CRASH_REMOVAL_H_

#include <cstdint>

#include "tempdir/internal/root_table.h"

namespace tempdir_internal {

// Has the roots of the root table removed, or kept, when this process crashes
// with the exit hooks for that (finalize/exit_hooks.h), or when the drain at its
// end leaves no time for them but what is reserved (finalize/exit_options.h).
void AddCrashRemoval();

// Removes it with all that is in it, until the deadline (nanoseconds of
// CLOCK_MONOTONIC): if it still stands at its path, is the very one, and holds
// no file `.keep`.
void RemoveClaimedRoot(const ClaimedRoot& root, uint64_t deadline_nanos);

// Puts a file `.keep` into it, so that reapers leave it, and says on standard
// error where it is and why: the process crashed, or it hangs at its end.
void KeepClaimedRoot(const ClaimedRoot& root, bool crashed);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_CRASH_REMOVAL_H_
