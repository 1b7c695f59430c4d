// SPDX-License-Identifier: Apache-2.0

// RemoveTree removes a directory with everything in it, and nothing else.
//
//   tempdir::RemoveTreeStats stats;
//   absl::Status status = tempdir::RemoveTree("/tmp/build-17", {}, &stats);
//   if (!status.ok()) {
//     for (const tempdir::RemoveTreeError& error : stats.errors) {
//       std::cerr << error.path << ": " << error.status << "\n";
//     }
//   }
//
// Safety: it never leaves the tree. It follows no symbolic link, and a path
//   component that is swapped meanwhile leads nowhere. It crosses no mount
//   point: what is mounted in the tree stays untouched and is reported. If the
//   kernel cannot tell mounts apart, it returns FailedPrecondition and removes
//   only a file or an empty directory (RemoveTreeOptions::compare_devices).
//   The caller's directories that forbid reading or writing are made writable,
//   by descriptor and never through a link (`make_writable`).
// Errors: one error does not stop the rest; everything that can be removed is.
//   The status is the first error, RemoveTreeStats::errors has the first few,
//   and RemoveTreeStats::error_count counts all. A missing `root` is not an
//   error.
// Counts: RemoveTreeStats counts what this call removed. An entry that another
//   thread or process removed is not in it, so the counts of several calls on
//   one tree add up. After an error it has what was removed before and after
//   the error. In a dry run it counts what would be removed.
// Concurrency: what another thread or process removed first counts as success.
//   Any number of them may remove one tree at once, and all of them succeed,
//   unless `writer_timeout` is 0. If others still add files, it tries again for
//   `writer_timeout` in all; then the status names an entry that came back. If
//   a directory is moved out of the tree while it is being emptied, or if the
//   tree itself is moved, RemoveTree notices within about a millisecond, does
//   not touch the rest of it, and returns Aborted. To rescue a directory,
//   rename the tree first.
// Threads: it starts some only for big trees, with all signals blocked, and
//   joins them before it returns.
// Limits: the depth of the tree does not matter. It needs at most 32
//   descriptors (fewer if RLIMIT_NOFILE is small), a few KiB of stack and a few
//   MiB of memory. Directories that are too deep for that are moved up into the
//   root while they wait to be removed.
//
// Not covered: the directories above the last component are resolved once,
// links included; the caller must trust them. Blocks of files are not
// overwritten. What was removed before a move was noticed is lost.
//
// tempdir/remove_tree.md explains how it works. Thread-safe, without state.
#ifndef TEMPDIR_REMOVE_TREE_H_
#define TEMPDIR_REMOVE_TREE_H_

#include "absl/status/status.h"
#include "finalize/export.h"
#include "tempdir/path_argument.h"
#include "tempdir/remove_tree_options.h"

namespace tempdir {

// Removes `root` and everything below it. Returns OK if nothing of it remains,
// else the first error, with its path and the number of further errors. If
// `stats` is not null, it is overwritten.
//
// Arguments (nothing is touched if the result is an error):
//
//   ""                              InvalidArgument
//   "/", "//"                       InvalidArgument
//   ".", "..", "a/.", "a/..", "./"  InvalidArgument
//   with a NUL in it                InvalidArgument
//   missing, or under a non-dir     OK, nothing is removed
//   "dir/", "dir//"                 the same as "dir"
//   "link" (to anything)            the link is removed, its target is not
//   "link/", "file/"                FailedPrecondition: not a directory
//   file, fifo, socket, device      removed, never opened
//   a mount point                   FailedPrecondition
FINALIZE_EXPORT absl::Status RemoveTree(PathArgument root,
                                        const RemoveTreeOptions& options = {},
                                        RemoveTreeStats* stats = nullptr);

}  // namespace tempdir

#endif  // TEMPDIR_REMOVE_TREE_H_
