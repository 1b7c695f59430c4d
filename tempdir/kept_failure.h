// What is known of a directory that a failure left, and which of these
// TrimKeptFailures() removes (kept_failures.h).
#ifndef TEMPDIR_KEPT_FAILURE_H_
#define TEMPDIR_KEPT_FAILURE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "finalize/requirements.h"

namespace tempdir {

struct KeptFailure {
  // The directory that holds what was kept.
  std::string path;
  absl::Time kept_at;
  // The prefix of the temp dir (TempDirOptions::Prefix); empty after a crash.
  std::string prefix;
  // Whether some process holds its lock.
  bool in_use = false;
  // How much it is. Itself and its mark are not counted.
  uint64_t entries = 0;
  uint64_t bytes = 0;
};

struct TrimOptions {
  // So many of the newest stay.
  size_t keep_last = 0;
  // None that is younger is removed.
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
