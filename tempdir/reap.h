// Reap: removes the temp dirs of processes that are gone.
//
//   absl::StatusOr<tempdir::ReapReport> report = tempdir::Reap("/var/scratch");
//   if (!report.ok()) return report.status();
//   for (const tempdir::ReapedRoot& root : report->roots) {
//     std::cout << tempdir::ReapOutcomeName(root.outcome) << " " << root.path
//               << "\n";
//   }
//
// A process that dies by SIGKILL, for want of memory or with its machine leaves
// its roots (temp_dir_options.h). Each process holds a lock on its roots that
// the kernel drops with the last process of the family; a reaper removes the
// roots that nobody holds. No age and no process id decides anything, so it
// holds for pid namespaces and containers that share a directory, and after a
// reboot.
//
// It removes only roots of the effective user. What makes a directory a root is
// a mark inside that only its owner can have made, and that names this very
// directory: an extended attribute, set before anything is put in. So the
// parent may be any directory, also one in which others may rename, and a copy
// or a backup of a root is left. Directories of TempDirOptions::Directly and
// ShortPath have no sticky bit, which shows that only the owner can have marked
// a root: they are reaped only in a parent where nobody but the user and root
// may rename (a sticky one will do), and refused in any other. In detail: the
// form of the name (`finalize-<uid>-<16 letters>`, or that with `.reap` or
// `.live` behind it, or that of ShortPath; the number is a hint for people),
// the owner and the type (a directory, no link, no mount point) have to be
// right, all asked of a descriptor, and the mark. One without a mark is removed
// if it is empty and its name is not short; else it is refused
// (ReapOptions::unmarked). Root reaps root's own, nobody else's. A root marked
// `.keep` stays.
//
// If the file system has no extended attributes (tmpfs before Linux 6.6,
// ramfs), name and owner decide, in a parent where only the user and root may
// rename; elsewhere roots are refused. A short name never decides: there,
// `unmarked` has to be asked for.
//
// In a user namespace, owners that it does not map all look the same. A process
// that runs as that user (65534 as a rule) reaps nothing there.
//
// How: lock it exclusively, without waiting; see that the name still means it;
// rename it to a fresh name that ends with `.reap`; remove it as RemoveTree
// does, under the lock. Several reapers at once do the work once. One that dies
// half-way leaves a root under one name or the other, which the next finishes.
//
// It happens by itself, too: when a process makes its first root in a parent,
// a thread of the library's own (`finalize-reap`) looks through that parent,
// for ten seconds at most, with all signals blocked. Nobody waits for it, not
// even exit(): what it has not done then is the next one's. Its report goes to
// the callback that SetAutomaticReapCallback() set, or nowhere. A process that
// has made roots in 256 parents looks through no more of them. FINALIZE_REAP=0
// in the environment, or SetAutomaticReap(false) before the first temp dir,
// switches it off.
//
// In a module with a copy of the library of its own (finalize/module.h) this
// thread, as that of RemoveInBackground, keeps the module mapped: dlclose()
// then does nothing. Where that cannot be had there is no thread.
//
// Where the file system or the quota is full, Create itself reaps the parent,
// for ten seconds at most, and tries once more: what the dead left does not
// keep the living out. That is switched off in the same way.
//
// By itself it runs only where flock is known to hold: ext2/3/4, xfs, btrfs,
// tmpfs, ramfs, overlay, f2fs, zfs, bcachefs, jfs, reiserfs. Elsewhere (NFS,
// CIFS, FUSE, virtiofs, 9p and others) Reap touches nothing and says so, unless
// ReapOptions::any_file_system is set.
//
// A root that lies on such a file system says so itself (a file `.keep` with a
// text of its own; the name `.live` for TempDirOptions::Directly): a process
// that reaches it in another way, from the machine below, say, may not see its
// lock. No reaper removes it by itself, in use or not, of whatever version. The
// owner removes it as any other: in Remove(), at exit, in a crash, and by its
// reaper process (reaper_process.h), which looks through the same mount. What
// is left after a death needs a call: Reap with `any_file_system` proves the
// death of those that it sees through their own mount, since the same start of
// the machine; for others `unseen_locks` is the word of the caller.
//
// What it cannot see:
//   - Without /proc, a process that makes temp dirs in another's: it holds its
//     own root, not the one that it lies in.
//   - A process that has closed all its descriptors holds nothing until its
//     next temp dir.
//   - A process that inherited nothing but uses a temp dir, such as a program
//     that its owner executed, does not hold it. (One that makes temp dirs in
//     it does.)
//   - The upper directory of an overlay, reached past the overlay: locks made
//     through the overlay are not seen there. Do not reap in one.
//
// A process that crashes and removes its own temp dirs (finalize/exit_hooks.h)
// gives its roots the name with `.reap` as well: what it does not finish, the
// next reaper does. Reap waits then until the process has ended; on a thread
// that crashes it returns Cancelled.
//
// Thread-safe.

#ifndef TEMPDIR_REAP_H_
#define TEMPDIR_REAP_H_

#include "absl/status/statusor.h"
#include "tempdir/path_argument.h"
#include "tempdir/reap_report.h"

namespace tempdir {

// Removes what dead processes of the effective user left in `parent`; empty
// stands for $TMPDIR. What is found is in the report, whatever became of it;
// the status is for the parent. InvalidArgument, NotFound: there is no such
// directory; PermissionDenied: it cannot be read; FailedPrecondition: it is not
// a directory, or on a file system where flock is not known to hold.
absl::StatusOr<ReapReport> Reap(PathArgument parent = "",
                                const ReapOptions& options = {});

// Whether this process, and those forked from it, reap by themselves when they
// make their first root in a parent. Until called: yes, unless FINALIZE_REAP is
// 0 in the environment.
void SetAutomaticReap(bool enabled);

// Sets what hears of the reapings that this process, and those forked from it,
// do by themselves; null, as it is until called, for nothing. Call it before
// the first temp dir:
//
//   tempdir::SetAutomaticReapCallback(
//       [](const std::string& parent,
//          const absl::StatusOr<tempdir::ReapReport>& report) {
//         if (!report.ok()) LOG(WARNING) << report.status();
//       });
//
// Thread: it runs on a library thread with all signals blocked, after the
//   reaping, with no lock held; several may run at once. That of a Create on a
//   full file system runs beside it.
// Failure: what it throws is reported (finalize/failure_reporter.h). A report
// is
//   lost if no thread can be started for it, and if the process ends first.
// Lifetime: exit() does not wait for the thread, so the callback must not use
//   what static destructors destroy. A callback that was replaced is not
//   destroyed.
void SetAutomaticReapCallback(AutomaticReapCallback callback);

}  // namespace tempdir

#endif  // TEMPDIR_REAP_H_
