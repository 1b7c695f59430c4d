// What is known of a directory that a failure left, and which of these
// TrimKeptFailures() removes (kept_failures.h).
#ifndef TEMPDIR_KEPT_FAILURE_H_
#define TEMPDIR_KEPT_FAILURE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "finalize/internal/base/requirements.h"

namespace tempdir {

struct KeptFailure {
  // The directory that contains what was kept.
  std::string path;
  absl::Time kept_at;
  // The prefix of the temp dir (TempDirOptions::Prefix); empty after a crash.
  std::string prefix;
  // Whether a process holds its lock.
  bool in_use = false;
  // The size of the content. The directory itself and its mark do not count.
  uint64_t entries = 0;
  uint64_t bytes = 0;
};

struct TrimOptions {
  // How many of the newest to keep.
  size_t keep_last = 0;
  // Only failures that are older than this are removed.
  absl::Duration older_than = absl::ZeroDuration();
  // If set, only failures with this prefix are counted and removed.
  std::optional<std::string> prefix;
  // Looks, and changes nothing.
  bool dry_run = false;
  // Also trims where flock is not known to work (ReapOptions).
  bool any_file_system = false;
};

}  // namespace tempdir

#endif  // TEMPDIR_KEPT_FAILURE_H_
