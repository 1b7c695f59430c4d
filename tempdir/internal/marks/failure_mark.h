// SPDX-License-Identifier: Apache-2.0

// The mark of a kept failure: what a file `.keep` says if a failure left it, in
// a root that holds what was kept (kept_failures.h).
//
//   failure inode=1234 born=1700000000000000000 prefix=build-
//
// It names the directory that it marks, so that a copy of it, a link to it, or
// a mark that was moved to another directory marks nothing. An empty `.keep` is
// a person's, or that of Keep(): nothing that has one is ever trimmed.

#ifndef TEMPDIR_INTERNAL_MARKS_FAILURE_MARK_H_
#define TEMPDIR_INTERNAL_MARKS_FAILURE_MARK_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace tempdir_internal {

struct FailureMark {
  std::string prefix;  // of the temp dir that was kept; empty after a crash
  absl::Time kept_at;
};

// Puts a file `.keep` that says so into the directory open at `fd`. A file of
// that name stays as it is. Returns false if there is none then; without room
// for the text it may be empty. Async-signal-safe.
bool MarkAsFailure(int fd, std::string_view prefix);

// The mark of the directory open at `fd`, if it has a valid one that belongs to
// `user`.
std::optional<FailureMark> FailureMarkOf(int fd, uid_t user);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_MARKS_FAILURE_MARK_H_
