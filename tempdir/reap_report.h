// SPDX-License-Identifier: Apache-2.0

// Options and results of the functions that remove what ended processes left:
// ReapOptions and ReapReport of tempdir::Reap (reap.h), TrimOptions and
// KeptFailure of tempdir::TrimKeptFailures and KeptFailures (kept_failures.h).
//
// These are values. Thread-compatible: const calls may run concurrently.
#ifndef TEMPDIR_REAP_REPORT_H_
#define TEMPDIR_REAP_REPORT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "finalize/export.h"
#include "finalize/internal/base/requirements.h"
#include "finalize/shared_function.h"

namespace tempdir {

// What Reap may remove, and how long it may take.
struct ReapOptions {
  // Looks and counts, changes nothing.
  bool dry_run = false;

  // Whether ReapedRoot::bytes is filled in. Costs one more system call an
  // entry.
  bool count_bytes = false;

  // Also reaps on file systems where flock is not known to work. A root with a
  // live mark is removed only if it is not locked, if it is reached through the
  // mount that its owner used, and if the machine has not restarted since.
  // Other roots, among them those of older versions of this library, are
  // removed if they are not locked. Set this only if you know that locks work;
  // otherwise directories of running processes are removed.
  bool any_file_system = false;

  // Also removes roots with a live mark (their owners record that not every
  // process may see their locks) if no lock is seen from here. That mark is
  // proof enough that they are roots (for direct temp dirs, in a parent where
  // no one else may rename). Set this only if no process is running that uses
  // the parent through another mount, or from another machine: the kernel
  // cannot prove that.
  bool unseen_locks = false;

  // Also removes roots without a mark, in a parent where no one else may
  // rename. Only name and owner then decide. These are roots of older versions
  // of this library, and direct ones on a file system without extended
  // attributes; a copy or a backup of a root looks the same.
  bool unmarked = false;

  // How long to work. The next reaper does the rest.
  absl::Duration time_limit = absl::InfiniteDuration();
};

// What happened to a directory that has the name of a root.
enum class ReapOutcome {
  kRemoved,     // it has been removed
  kRemovable,   // it would be removed (dry run)
  kInUse,       // a process has locked it
  kUnseen,      // a process may have locked it: its lock is not seen from here
  kTaken,       // another reaper is removing it
  kKept,        // it is marked `.keep`
  kGone,        // something else removed it meanwhile
  kRefused,     // it has the name of a root, but is not a root of the user
  kUnfinished,  // the time was up; the next reaper finishes it
  kFailed,      // something in it could not be removed; see `status`
};

// One directory that has the name of a root of the effective user.
struct ReapedRoot {
  // Where the directory was found.
  std::string path;
  // Where it is now, if it was renamed and then neither removed nor, if that
  // was necessary, renamed back; else empty.
  std::string present_path;
  ReapOutcome outcome = ReapOutcome::kInUse;
  // The reason for kRefused, kUnfinished and kFailed; else OK.
  absl::Status status;
  // How much was removed, or would be, the directory itself included.
  uint64_t entries = 0;
  uint64_t bytes = 0;
};

// What Reap found in a parent, and did.
struct ReapReport {
  std::string parent;
  std::string file_system;
  std::vector<ReapedRoot> roots;
  // Whether the time was up before every root had been looked at.
  bool timed_out = false;
  absl::Duration elapsed;

  FINALIZE_EXPORT size_t Count(ReapOutcome outcome) const;
};

// A directory that a failure left (KeptFailures).
struct KeptFailure {
  // The directory that contains what was kept.
  std::string path;
  absl::Time kept_at;
  // The prefix of the temp dir (TempDirOptions::set_prefix); empty after a
  // crash.
  std::string prefix;
  // Whether a process holds its lock.
  bool in_use = false;
  // The size of the content. The directory itself and its mark do not count.
  uint64_t entries = 0;
  uint64_t bytes = 0;
};

// Which of them TrimKeptFailures removes.
struct TrimOptions {
  // How many of the newest to keep.
  size_t keep_last = 0;
  // Only failures that are older than this are removed.
  absl::Duration older_than = absl::ZeroDuration();
  // If set, only failures with this prefix are counted and removed.
  std::optional<std::string> prefix;
  // Looks, and changes nothing.
  bool dry_run = false;
  // Also trims if flock is not known to work there (ReapOptions).
  bool any_file_system = false;
};

// Called after an automatic reaping, with the parent and with what Reap would
// have returned for it.
using AutomaticReapCallback = finalize::SharedFunction<void(
    const std::string& parent, const absl::StatusOr<ReapReport>& report)>;

// Returns the outcome in words, such as "removed" or "in use".
FINALIZE_EXPORT const char* ReapOutcomeName(ReapOutcome outcome);

}  // namespace tempdir

#endif  // TEMPDIR_REAP_REPORT_H_
