// SPDX-License-Identifier: Apache-2.0

// Which signal handlers belong to another copy of the library. The kernel knows
// a handler by its address; the records of all copies say which are theirs.
//
// Not async-signal-safe: looking takes the lock of the dynamic linker.
#ifndef FINALIZE_INTERNAL_COPIES_COPY_HANDLERS_H_
#define FINALIZE_INTERNAL_COPIES_COPY_HANDLERS_H_

#include <signal.h>

namespace finalize_internal {

// Whose handler the kernel has.
enum class HandlerOwner {
  kProgram,   // the program's
  kCopy,      // another copy's, which takes the signal in this process
  kIdleCopy,  // another copy's, inherited by a fork: it does nothing
};
HandlerOwner OwnerOf(const struct sigaction& action, int signal);
// Returns true if the copy that owns `action` installed it over the default
// action.
bool IsOverDefault(const struct sigaction& action, int signal);

// Records that this copy installs `handler` for stop signals; it may have two.
void NoteStopHandlers(const void* handler, const void* other);
// The same for crash signals.
void NoteCrashHandler(const void* handler);
// Records that this copy has the handler of `signal`, and whether it found the
// default action there, directly or under the handler of another copy.
void NoteTaken(int signal, bool over_default);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_COPIES_COPY_HANDLERS_H_
