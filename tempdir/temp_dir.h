// SPDX-License-Identifier: Apache-2.0

// TempDir: a temporary directory that is removed with its object or with its
// process, whichever ends first. This is the front page of tempdir/.
//
//   absl::Status Build() {
//     auto dir = tempdir::TempDir::Create();
//     if (!dir.ok()) return dir.status();
//     WriteObjects(dir->path());
//     return dir->Remove();  // or leave it to the destructor, or to exit()
//   }
//
// Which type when:
//   TempDir            By default. It is FinalizerTempDir: exit() also removes
//                      directories whose objects leaked.
//   DestructorTempDir  If only a destructor may remove the directory. Nothing
//                      is registered anywhere.
//   TempFile           For a file (temp_file.h).
//   RemoveTree         For a directory that exists already (remove_tree.h).
//
// Pitfall: the directory is removed with its object, so a path alone does not
//   keep it. Keep the object as long as the directory is needed:
//
//     auto path = tempdir::TempDir::Create()->path();  // already removed
//
//     auto dir = tempdir::TempDir::Create();           // removed with `dir`
//
// What may remain: a directory remains on disk if the process ends by SIGKILL,
//   _exit, quick_exit, exec or abort, or by a signal for which it has no
//   handler (finalize/exit_hooks.h handles some of these), or if it loses
//   power. It is removed when another process of the same user creates its
//   first temp dir in the same parent, on a local file system (reap.h), or by a
//   reaper process as soon as this process has ended, or the program that it
//   has executed (reaper_process.h). A directory of a DestructorTempDir also
//   remains until then if its destructor does not run.
// Security: the directory has mode 0700, whatever the umask, and a name that
//   cannot be guessed; Create never uses an entry that exists. Removal
//   follows no symbolic link, and removes only the directory that Create
//   created, never another one that was put at path(). If other users may
//   rename in the parent, path() may lead to another directory later:
//   temp_dir_guarantees.h lists what holds where, and
//   TempDirOptions::set_require_guarantees makes Create insist on all of it.
//
// Open files: FUSE and NFS rename a file that is removed while it is open to a
//   hidden name. Remove() and the destructor then try for two seconds, and
//   fail; the next trigger tries again. At exit, all of them together wait
//   about as long as one. Close the files first.
// Cost: the process holds one descriptor for each parent that it uses, however
//   many temp dirs it has there. A direct temp dir holds one of its own, and so
//   does each one on FUSE. The process removes its directory in the parent with
//   the last temp dir in it, and creates it again with the next one, so a
//   service that creates one for each request should keep one open.
//
// Not covered: the blocks of removed files are not overwritten. A module that
// has its own copy of this library stays mapped once it has created a temp dir,
// because that may start a thread (docs/modules.md).
#ifndef TEMPDIR_TEMP_DIR_H_
#define TEMPDIR_TEMP_DIR_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "finalize/export.h"
#include "tempdir/finalizer_temp_dir.h"

namespace tempdir {

// What both styles of temp dir promise:
//
// path() is absolute and does not change. Remove() returns why it failed, and
//   can be called again; after it has succeeded it always returns OK. If
//   something else removed the directory, that counts as removed. If another
//   directory is at path(), the status says so, and says where the temp dir is
//   if it was renamed within its root or its parent. removed() is true only
//   when the content has been removed.
// Keep() moves the directory to `<parent>/<its name>` and returns that path;
//   path() is no longer its path. It is never removed from then on. (If the
//   parent does not permit that, it stays in a root that is marked `.keep`.)
//   Keep(destination) publishes it under a name (IfExists, temp_dir_options.h).
// Threads: thread-safe, except: moves, assignments and the destructor. If
//   several threads call Remove(), one removes, and the others wait and return
//   its outcome.
// Failure: a destructor never throws. It reports as set_failure_callback and
//   set_crash_on_failure say (temp_dir_options.h).
// Lifetime: move-only. A moved-from object owns nothing: its path() is empty,
//   and Remove() and Keep() return FailedPrecondition. Assigning to an object
//   that owns a directory removes that first; self-assignment does nothing.
// Fork: a child owns nothing that it inherited: destructors and exit() do not
//   touch the directory, Remove() and Keep() return FailedPrecondition. A
//   daemonizing child may adopt it (docs/fork.md).
// Crash: with ExitHooks::crash the process removes its temp dirs in a signal
//   handler. Create, Remove and Keep wait on other threads until it has ended;
//   on the thread that crashes they return Cancelled (docs/process_end.md).
using TempDir = FinalizerTempDir;

// Waits until every temp dir that this process removes in the background
// (TempDirOptions::set_remove_in_background) has been removed, or its failure
// has been reported:
//
//   absl::Status renamed = dir->Remove();  // returns at once
//   absl::Status removed =
//       tempdir::FinishRemovals(absl::Now() + absl::Seconds(5));
//
// It is for a program that needs the space, or wants to know the outcome.
// exit() waits without it, and so does Create() if the file system is full.
//
// Returns DeadlineExceeded, with the number of those that remain, if `deadline`
// comes first. Returns OK in a forked child, which inherits none. Thread-safe.
FINALIZE_EXPORT absl::Status FinishRemovals(
    absl::Time deadline = absl::InfiniteFuture());

}  // namespace tempdir

#endif  // TEMPDIR_TEMP_DIR_H_
