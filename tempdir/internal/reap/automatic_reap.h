// SPDX-License-Identifier: Apache-2.0

// The reaping that a process does by itself when it creates its first root in a
// parent: in a library thread, so that no caller waits for it.
//
// The thread blocks all signals, works for a limited time and is detached:
// exit() does not wait for it, and it uses nothing that static destructors
// destroy. If the process ends first, the next one finishes the work. There is
// at most one thread for each parent; a forked child, whose parent may have
// started long ago, has its own. If no temp dir can be created because the file
// system is full, the caller reaps instead.
//
// The callback that the program has set receives the report, on such a thread
// and with no lock held. ReapToFreeSpace() is called on a thread of the
// program, so it starts a thread for the callback.
//
// Thread-safe.

#ifndef TEMPDIR_INTERNAL_REAP_AUTOMATIC_REAP_H_
#define TEMPDIR_INTERNAL_REAP_AUTOMATIC_REAP_H_

#include <string>

#include "tempdir/reap_report.h"

namespace tempdir_internal {

// The environment variable; FINALIZE_REAP=0 turns it off.
constexpr char kReapVariable[] = "FINALIZE_REAP";

// Returns whether automatic reaping is turned on.
bool ReapsByItself();

// Starts reaping `parent` (absolute), unless it was started before, is turned
// off, or no thread can be started.
void ReapInBackground(const std::string& parent);

// Reaps now, each time that it is called, within the same limit of time.
// Returns false if it is turned off, or if nothing can be reaped in `parent`;
// otherwise there may be space now.
bool ReapToFreeSpace(const std::string& parent);

// Overrides the environment.
void EnableAutomaticReap(bool enabled);

// Replaces the callback; null for none.
void TellAutomaticReaps(tempdir::AutomaticReapCallback callback);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_REAP_AUTOMATIC_REAP_H_
