// The reaping that a process does by itself when it makes its first root in a
// parent: in a thread of the library's own, so that nobody waits for it.
//
// The thread blocks all signals, is bounded in time and detached: exit() does
// not wait for it, and it touches nothing that static destructors destroy. What
// a process that ends makes it leave, the next one finishes. There is one a
// parent at most; a forked child, whose parent may have started long ago, has
// its own. Where a full file system lets no temp dir be made, the caller reaps
// instead.
//
// What a reaping reports is told to the callback that the program has set, on a
// thread of that kind and with no lock held: ReapToFreeSpace() is called under
// the lock of a temp dir, so it starts one for that.
//
// Thread-safe.

#ifndef TEMPDIR_INTERNAL_REAP_AUTOMATIC_REAP_H_
#define TEMPDIR_INTERNAL_REAP_AUTOMATIC_REAP_H_

#include <string>

#include "tempdir/reap_report.h"

namespace tempdir_internal {

// Says that FINALIZE_REAP=0 switches it off.
constexpr char kReapVariable[] = "FINALIZE_REAP";

// Whether it is switched on.
bool ReapsByItself();

// Starts it for `parent` (absolute), unless that was done, or it is switched
// off, or no thread can be had.
void ReapInBackground(const std::string& parent);

// Does it at once, as often as it is called, within the same bound of time.
// False where it is switched off, or where nothing can be reaped in `parent`;
// else there may be room now.
bool ReapToFreeSpace(const std::string& parent);

// Overrides the environment.
void EnableAutomaticReap(bool enabled);

// Replaces the callback; null for none.
void TellAutomaticReaps(tempdir::AutomaticReapCallback callback);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_REAP_AUTOMATIC_REAP_H_
