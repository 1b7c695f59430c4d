// TempDir: a temporary directory that is removed with its object or with its
// process, whichever ends first. This is the first page of tempdir/.
//
//   absl::Status Build() {
//     auto dir = tempdir::TempDir::Create();
//     if (!dir.ok()) return dir.status();
//     WriteObjects(dir->path());
//     return dir->Remove();  // or leave it to the destructor, or to exit()
//   }
//
// TempDir is FinalizerTempDir, the class to use by default: exit() also removes
// what leaked. With DestructorTempDir, only the destructor removes. TempFile is
// the same for a file. RemoveTree removes a directory that exists already.
//
// What both styles of temp dir promise:
//
// The directory has mode 0700, whatever the umask, and a name that cannot be
//   guessed (temp_dir_options.h). path() is absolute. The object knows the
//   directory itself, not just its name: another directory that is at path() is
//   never removed, and the status says so, and where its own is if it is near.
// Remove() returns why it failed, and can be called again; after it has
//   succeeded it always returns OK. If several threads call it, one works, and
//   the others wait and return its outcome. If something else removed the
//   directory, that counts as removed.
// removed() is true only when the content has been removed.
// Keep() moves the directory to `<parent>/<its name>` and returns its path; it
//   is never removed from then on. (If the parent does not permit that, it
//   stays in a root that is marked `.keep`.) if_exists.h: Keep(destination).
// Failure: a destructor never throws. It reports as CallOnFailure and
//   CrashOnFailure say (temp_dir_options.h).
// Lifetime: move-only. A moved-from object owns nothing: its path() is empty,
//   and Remove() and Keep() return FailedPrecondition. Assigning to an object
//   that owns a directory removes that first; self-assignment does nothing.
// Fork: a child owns nothing that it inherited: destructors and exit() leave
//   the directory alone, Remove() and Keep() return FailedPrecondition. A
//   daemonizing child may adopt it (docs/fork.md).
// Crash: with ExitHooks::crash the process removes its temp dirs in a signal
//   handler. Other threads that use one wait until it has ended; on the thread
//   that crashes, Create, Remove and Keep return Cancelled
//   (docs/process_end.md).
// Pitfall: `TempDir::Create()->path()` removes the directory at the end of the
//   expression. Keep the object as long as the directory is needed.
//
// Not covered: a process that is killed leaves its temp dirs to a reaper
// (reap.h). A module that has its own copy of this library stays mapped once it
// has created a temp dir that may start a thread (docs/modules.md).
//
// Thread-safe for path(), Remove(), Keep(), removed() and MarkFailed(). Moves,
// assignments and the destructor are confined to one thread.
#ifndef TEMPDIR_TEMP_DIR_H_
#define TEMPDIR_TEMP_DIR_H_

#include "tempdir/finalizer_temp_dir.h"

namespace tempdir {

using TempDir = FinalizerTempDir;

}  // namespace tempdir

#endif  // TEMPDIR_TEMP_DIR_H_
