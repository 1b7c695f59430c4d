// SPDX-License-Identifier: Apache-2.0

// Crash removal: the removal of one of this process's roots from inside the
// handler of a crash (contract C23), or by the watchdog of a drain that hangs
// at the end of the process (C15).
//
// It is the removal engine of RemoveTree, in a fixed block instead of the heap,
// on one thread, so that it takes no lock, and with system calls that fail from
// the deadline on. What differs is its input: the names and identities come
// from a table that needs no lock, and errors are not reported. The next reaper
// removes what is left then.
//
// Other threads keep running meanwhile, and may write into their temp dirs by
// path. So the root is renamed first, as a reaper does: their paths lead
// nowhere then.
//
// Async-signal-safe. Confined to one thread at a time, the one that has the
// engine (crash_sweep.h).

#ifndef TEMPDIR_INTERNAL_CRASH_CRASH_REMOVAL_H_
#define TEMPDIR_INTERNAL_CRASH_CRASH_REMOVAL_H_

#include <cstdint>

#include "tempdir/internal/marks/root_name.h"
#include "tempdir/internal/marks/root_table.h"

namespace tempdir_internal {

// A root that is being removed.
struct CrashedRoot {
  ClaimedRoot root;
  char taken_name[kReapedNameRoom];  // empty: it has its own
};

// Renames it to a name that a reaper gives, until the deadline (nanoseconds of
// CLOCK_MONOTONIC), if it is still at its path, is the same directory, and
// holds no file `.keep`. If that fails it keeps its name.
void TakeAway(CrashedRoot& crashed, uint64_t deadline_nanos);

enum class RootState {
  kRemoved,   // or it is not to be removed
  kRefilled,  // threads put something in while it was emptied: try again
  kLeft
};

// Removes it with all that is in it, until the deadline, under the same
// conditions.
RootState RemoveCrashedRoot(const CrashedRoot& crashed,
                            uint64_t deadline_nanos);

// Marks it as a kept failure, so that reapers leave it alone, and writes to
// standard error where it is and why: the process crashed, or hangs at its end.
void KeepClaimedRoot(const ClaimedRoot& root, bool crashed);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_CRASH_CRASH_REMOVAL_H_
