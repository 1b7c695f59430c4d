// SPDX-License-Identifier: Apache-2.0

// RemoveTreeOptions, the options of tempdir::RemoveTree, and RemoveTreeStats,
// what it reports.
#ifndef TEMPDIR_REMOVE_TREE_OPTIONS_H_
#define TEMPDIR_REMOVE_TREE_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "finalize/internal/base/requirements.h"

namespace tempdir {

// What RemoveTree does in unusual cases, and its limits.
struct RemoveTreeOptions {
  // Whether a directory of the caller that cannot be entered or changed gets
  // back its owner's permissions (u+rwx) before it is removed.
  bool make_writable = true;

  // Counts what would be removed, and changes nothing, not even modes: a
  // directory that cannot be read is counted and reported, but its content is
  // not counted.
  bool dry_run = false;

  // What to do if the system does not tell to which mount a directory belongs:
  // there is neither openat2, nor a mount id from statx, nor /proc/self/fdinfo,
  // nor name_to_handle_at (gVisor; an old container profile without /proc). If
  // false, RemoveTree then removes only empty directories and returns
  // FailedPrecondition. If true, it enters directories on the same device. A
  // bind mount of the same file system is then still detected by rmdir, except
  // in a directory that the caller may not write: there its content is lost.
  // (The environment variable FINALIZE_COMPARE_DEVICES sets this for temp dirs,
  // temp_dir_options.h. It has no effect here.)
  bool compare_devices = false;

  // Whether RemoveTreeStats::bytes is filled in. Costs one more system call for
  // each entry.
  bool count_bytes = false;

  // How many threads work at most, with the calling thread. 0 means one for
  // each core. Further threads start only if there is enough to do.
  int max_threads = 0;

  // How much time, in all, is spent on what others add: on directories that are
  // not empty although they were emptied before, with everything in them, and
  // on directories that were created meanwhile. Emptying a directory for the
  // first time has no limit. Nothing resets this limit; with 0 no directory is
  // emptied twice.
  //
  // What another removal of the same tree has moved up does not count as added.
  // The time spent on finding it is not counted either, up to the time that all
  // first emptyings took. So a removal takes at most twice the time of the
  // first emptyings, plus this limit, plus one pass over a directory.
  absl::Duration writer_timeout = absl::Seconds(2);

  // How many errors RemoveTreeStats::errors holds at most. All are counted.
  size_t max_errors = 16;
};

// Why one entry could not be removed.
struct RemoveTreeError {
  // Where the entry was when the removal began.
  std::string path;
  // Where it is now, if its directory was moved up into the root; else empty.
  std::string present_path;
  absl::Status status;
};

// What one call removed. An entry counts for the call that removed it, so the
// counts of several calls on one tree add up.
struct RemoveTreeStats {
  // Entries that are not directories: files, links, fifos and so on.
  uint64_t files = 0;
  uint64_t directories = 0;
  // The sizes of the regular files whose last name was removed
  // (`count_bytes`).
  uint64_t bytes = 0;
  absl::Duration elapsed;
  // The first `max_errors` errors. A directory that remains only because of an
  // error below it has no separate one.
  std::vector<RemoveTreeError> errors;
  uint64_t error_count = 0;

  uint64_t entries() const { return files + directories; }
};

}  // namespace tempdir

#endif  // TEMPDIR_REMOVE_TREE_OPTIONS_H_
