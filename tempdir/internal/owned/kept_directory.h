// SPDX-License-Identifier: Apache-2.0

// MoveOutOfReach: moves a temp dir or a temp file out of the root of its
// process, so that no reaper takes it for something that a dead process left.
//
// It is moved to the root's parent, under its own name or, if that is taken,
// under another one of the same form. If the parent does not permit that, it
// stays, and a file `.keep` in the root tells reapers to leave this root alone.

#ifndef TEMPDIR_INTERNAL_OWNED_KEPT_DIRECTORY_H_
#define TEMPDIR_INTERNAL_OWNED_KEPT_DIRECTORY_H_

#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"

namespace tempdir_internal {

struct KeepRequest {
  int root_fd;
  const std::string& name;
  std::string_view path;
  const std::string& parent;
  std::string_view prefix;
  std::string_view suffix;
  // Where it is: in a root; in the parent itself (`root_fd` is the parent's),
  // with the name of a root, so that it gets another name; or where it stays.
  enum class Location { kRoot, kDirectInParent, kAlreadyInPlace };
  Location from = Location::kRoot;
  bool is_file = false;
};

// Whether what is open (O_PATH) is the entry that is to be kept.
using IsTheEntry = absl::FunctionRef<bool(int fd)>;

// Returns where it is now. Returns FailedPrecondition, and moves nothing, if
// there is another entry at its name, or none.
absl::StatusOr<std::string> MoveOutOfReach(const KeepRequest& request,
                                           IsTheEntry is_the_entry);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_OWNED_KEPT_DIRECTORY_H_
