// SPDX-License-Identifier: Apache-2.0

// How long the removals at the end of the process wait, all together, for
// directories that fill up again.
//
// On FUSE and NFS a file that is open does not end when it is unlinked: the
// server or the kernel gives it a hidden name in the same directory, until it
// is closed. So the directory stays, and each temp dir that holds one would
// take the whole RemoveTreeOptions::writer_timeout at exit.
//
// The process is ending when its exit drain has begun, and before that, as soon
// as a static destructor has waited in vain: nothing tells that exit() has
// begun, but a handler that is registered then runs right after that
// destructor. So the members of one static container wait each for itself.
//
// Thread-safe.

#ifndef TEMPDIR_INTERNAL_SYSTEM_EXIT_PATIENCE_H_
#define TEMPDIR_INTERNAL_SYSTEM_EXIT_PATIENCE_H_

#include "absl/time/time.h"

namespace tempdir_internal {

// From now on this process is ending. Calling it again changes nothing.
void BeginExitPatience();

// For a removal that begins now; `usual` unless this process is ending.
absl::Duration ExitPatience(absl::Duration usual);

// One that failed has taken so long. In a process that is not known to be
// ending it registers a handler (std::atexit), up to 64 times.
void SpendExitPatience(absl::Duration spent);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_SYSTEM_EXIT_PATIENCE_H_
