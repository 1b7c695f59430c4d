// RemoveTree: removes a directory with everything in it, and nothing else.
//
//   tempdir::RemoveTreeStats stats;
//   absl::Status status = tempdir::RemoveTree("/tmp/build-17", {}, &stats);
//   if (!status.ok()) {
//     for (const tempdir::RemoveTreeError& error : stats.errors) {
//       std::cerr << error.path << ": " << error.status << "\n";
//     }
//   }
//
// What it promises:
//   - It never leaves the tree. No symbolic link is followed, a component that
//     is swapped while it works leads nowhere, and no mount point is crossed:
//     what is mounted in the tree stays untouched and is reported. The kernel
//     is asked about each directory that was opened: by openat2, or, on old
//     kernels and in containers that refuse it, for its mount id (statx,
//     /proc/self/fdinfo, name_to_handle_at). If none of these answers, the
//     result is FailedPrecondition, and only a file or an empty directory is
//     removed (RemoveTreeOptions::compare_devices).
//   - It notices within about a millisecond if a directory is moved out of the
//     tree while it is emptied, or if the tree itself is moved. It then leaves
//     the rest of that directory alone and returns Aborted. What was removed
//     before it noticed is lost: to rescue a directory, rename the tree first.
//   - Depth does not matter. It needs at most 32 descriptors (fewer where
//     RLIMIT_NOFILE is small), a few KiB of stack and a few MiB of memory.
//     Directories that are too deep for that are moved up into the root while
//     they wait to be removed.
//   - Directories of the caller that forbid reading or writing are made
//     writable, by descriptor, never through a link (`make_writable`).
//   - One error does not stop the rest: everything that can go goes.
//   - What another thread or process removed first counts as success. Any
//     number of them may remove one tree at once, and all of them succeed, if
//     `writer_timeout` is not 0.
//   - If others still add files, it tries again for `writer_timeout` in all;
//     then the status names an entry that came back.
//   - It starts threads only for big trees, and has joined them all when it
//     returns. They block every signal.
//
// What an odd argument gives (nothing is touched where the result is an error):
//
//   argument                        result
//   ""                              InvalidArgument
//   "/", "//"                       InvalidArgument
//   ".", "..", "a/.", "a/..", "./"  InvalidArgument
//   with a NUL in it                InvalidArgument
//   missing, or under a non-dir     OK, nothing removed
//   "dir/", "dir//"                 the same as "dir"
//   "link" (to anything)            the link is removed, its target is not
//   "link/", "file/"                FailedPrecondition: not a directory
//   file, fifo, socket, device      removed, never opened
//   a mount point                   FailedPrecondition
//
// The directories above the last component are resolved as usual, links
// included, once: they are the caller's to trust.
//
// A dry run counts what would go and changes nothing. It does not change modes
// either: a directory that cannot be read is counted and reported, what it
// holds is not counted.
//
// Thread-safe; keeps no state between calls. It is not a secure eraser: the
// blocks of removed files are not overwritten.

#ifndef TEMPDIR_REMOVE_TREE_H_
#define TEMPDIR_REMOVE_TREE_H_

#include "absl/status/status.h"
#include "tempdir/path_argument.h"
#include "tempdir/remove_tree_options.h"

namespace tempdir {

// Removes `root` and everything below it. Returns OK if nothing of it is left,
// else the first error, with its path and the number of further ones. `stats`,
// if not null, is overwritten.
absl::Status RemoveTree(PathArgument root,
                        const RemoveTreeOptions& options = {},
                        RemoveTreeStats* stats = nullptr);

}  // namespace tempdir

#endif  // TEMPDIR_REMOVE_TREE_H_
