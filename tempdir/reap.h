// SPDX-License-Identifier: Apache-2.0

// Reap removes the temp dirs of processes that have ended.
//
//   absl::StatusOr<tempdir::ReapReport> report = tempdir::Reap("/var/scratch");
//   if (!report.ok()) return report.status();
//   for (const tempdir::ReapedRoot& root : report->roots) {
//     std::cout << tempdir::ReapOutcomeName(root.outcome) << " " << root.path
//               << "\n";
//   }
//
// A process that dies by SIGKILL, by lack of memory or with its machine leaves
// its roots (temp_dir_options.h). tempdir/reaper.md has the rules in full and
// shows how to use them in production. In short:
//
// Proof: each process holds a lock on its roots that the kernel drops with the
//   last process of the family. A reaper removes roots that no process has
//   locked. No age and no process id decides, so this holds for containers that
//   share a directory, and after a reboot ("How a reaper proves it").
// What is removed: only roots of the effective user. A root has a mark inside
//   that only its owner can have set and that names this very directory; a copy
//   or a backup of a root is left ("What is a root").
// Automatic: when a process creates its first root in a parent, a library
//   thread reaps that parent, for at most ten seconds; nothing waits for it. If
//   the file system or the quota is full, Create itself reaps the parent and
//   tries again. FINALIZE_REAP=0 or SetAutomaticReap(false) turns both off
//   ("Automatic reaping").
// File systems: by itself the library reaps only where flock is known to work.
//   On others Reap removes nothing and says so, unless
//   ReapOptions::any_file_system is set ("File systems").
// Concurrency: several reapers at once do the work once. If one is killed, the
//   next one finishes.
// Crash: a process that crashes and removes its own temp dirs renames its roots
//   as a reaper does, and leaves the rest to the next one. Reap waits there
//   until the process has ended; on a thread that crashes it returns Cancelled.
// Modules: the thread keeps a module with its own copy of the library mapped
//   (docs/modules.md).
//
// Not covered: a process that has closed all its descriptors, until it creates
// its next temp dir; a program that the owner executed, unless it has a passed
// lock (passed_lock.h); the upper directory of an overlay ("What a reaper
// cannot see").
//
// Thread-safe.
#ifndef TEMPDIR_REAP_H_
#define TEMPDIR_REAP_H_

#include "absl/status/statusor.h"
#include "finalize/export.h"
#include "tempdir/path_argument.h"
#include "tempdir/reap_report.h"

namespace tempdir {

// Removes what dead processes of the effective user left in `parent`; an empty
// `parent` means $TMPDIR. The report lists every root that was found, whatever
// became of it; the status is about the parent. Returns InvalidArgument or
// NotFound if there is no such directory, PermissionDenied if it cannot be
// read, and FailedPrecondition if it is not a directory, or is on a file system
// where flock is not known to work.
FINALIZE_EXPORT absl::StatusOr<ReapReport> Reap(
    PathArgument parent = "", const ReapOptions& options = {});

// Turns automatic reaping on or off, for this process and processes forked from
// it. Call it before the first temp dir. By default it is on, unless the
// environment has FINALIZE_REAP=0.
FINALIZE_EXPORT void SetAutomaticReap(bool enabled);

// Sets a callback for the automatic reapings of this process and of processes
// forked from it; null, the default, sets none. Call it before the first temp
// dir:
//
//   tempdir::SetAutomaticReapCallback(
//       [](const std::string& parent,
//          const absl::StatusOr<tempdir::ReapReport>& report) {
//         if (!report.ok()) LOG(WARNING) << report.status();
//       });
//
// Threads: it runs on a library thread with all signals blocked, after the
//   reaping, with no lock held. Several calls may run at the same time. After a
//   Create on a full file system, the callback runs beside that Create.
// Failure: an exception that it throws is reported
//   (finalize/failure_reporter.h). A report is lost if no thread can be started
//   for it, or if the process ends first.
// Lifetime: exit() does not wait for the thread, so the callback must not use
//   anything that static destructors destroy. A callback that is replaced is
//   not destroyed.
FINALIZE_EXPORT void SetAutomaticReapCallback(AutomaticReapCallback callback);

}  // namespace tempdir

#endif  // TEMPDIR_REAP_H_
