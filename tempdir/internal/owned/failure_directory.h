// SPDX-License-Identifier: Apache-2.0

// MoveFailure: moves a temp dir or a temp file whose owner failed into a
// separate directory, which reapers leave alone, and which can be listed and
// trimmed (kept_failures.h).
//
// That directory has the name of a root. It is locked from the moment it is
// visible until its mark is written, so that no reaper removes it in between.

#ifndef TEMPDIR_INTERNAL_OWNED_FAILURE_DIRECTORY_H_
#define TEMPDIR_INTERNAL_OWNED_FAILURE_DIRECTORY_H_

#include <sys/types.h>

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "tempdir/internal/system/move_entry.h"

namespace tempdir_internal {

struct FailedEntry {
  MovedEntry entry;
  // Where the parent is, from the directory that the entry is in.
  const char* up;
  const std::string& parent;
  std::string_view prefix;
  std::string_view suffix;
  mode_t mode;
};

// Returns where it is now. Nothing is left behind if it cannot be moved.
absl::StatusOr<std::string> MoveFailure(const FailedEntry& failed);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_OWNED_FAILURE_DIRECTORY_H_
