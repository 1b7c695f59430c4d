// What tempdir::RemoveTree is told and what it tells.

#ifndef TEMPDIR_REMOVE_TREE_OPTIONS_H_
#define TEMPDIR_REMOVE_TREE_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "finalize/requirements.h"

namespace tempdir {

struct RemoveTreeOptions {
  // Whether a directory of the caller's that cannot be entered or changed gets
  // its owner's permissions (u+rwx) back before it is removed.
  bool make_writable = true;

  // Counts, changes nothing.
  bool dry_run = false;

  // Decides what happens if the system does not tell in which mount a directory
  // is: there is neither openat2, nor a mount id from statx, nor
  // /proc/self/fdinfo, nor name_to_handle_at (gVisor; an old container profile
  // without /proc). If false, RemoveTree then removes no directory that is not
  // empty and returns FailedPrecondition. If true, it enters what is on the
  // same device. A bind mount of the same file system is then still found by
  // rmdir, but not in a directory that the caller must not write: its content
  // is lost. (For temp dirs the environment variable FINALIZE_COMPARE_DEVICES
  // says so, temp_dir_options.h. It does not count here.)
  bool compare_devices = false;

  // Whether RemoveTreeStats::bytes is filled in. Costs one more system call an
  // entry.
  bool count_bytes = false;

  // The most threads that work at once, the calling one included. 0 stands for
  // one a core. Others start only when there is enough to do.
  int max_threads = 0;

  // How much time, in all, is spent on what others add: on directories that are
  // found not empty after they were emptied, with what is in them, and on those
  // that were created meanwhile. The first emptying of what was there has no
  // limit. Nothing resets this one; 0 empties no directory twice.
  //
  // What another removal of the same tree moved up is no such addition, but the
  // time spent on finding it is forgiven only as long as first emptyings took
  // in all. So a removal takes at most twice the time of these, the limit, and
  // one pass over a directory.
  absl::Duration writer_timeout = absl::Seconds(2);

  // How many errors RemoveTreeStats::errors holds at most; all are counted.
  size_t max_errors = 16;
};

struct RemoveTreeError {
  // Where the entry was when the removal began.
  std::string path;
  // Where it is now, if its directory was moved up into the root; else empty.
  std::string present_path;
  absl::Status status;
};

// What one call removed: an entry counts for the call that removed it, so the
// counts of several calls on one tree add up.
struct RemoveTreeStats {
  // Names that did not belong to directories: files, links, fifos and so on.
  uint64_t files = 0;
  uint64_t directories = 0;
  // The sizes of the regular files whose last name was removed
  // (`count_bytes`).
  uint64_t bytes = 0;
  absl::Duration elapsed;
  // The first `max_errors` errors. A directory that stays only because of an
  // error below it has none of its own.
  std::vector<RemoveTreeError> errors;
  uint64_t error_count = 0;

  uint64_t entries() const { return files + directories; }
};

}  // namespace tempdir

#endif  // TEMPDIR_REMOVE_TREE_OPTIONS_H_
