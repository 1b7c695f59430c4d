// MoveOutOfReach: takes a temp dir or a temp file out of the root of its
// process, so that no reaper ever takes it for something that a dead process
// left.
//
// It goes to the root's parent, under its own name or, where that is taken,
// under another one of the same form. Where the parent does not let it in, it
// stays, and a file `.keep` in the root says that this root is to be left.

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
  // Where it lives. In the parent itself (`root_fd` is the parent's) it may
  // have the name of a root, and gets another one; or be where it stays.
  enum class From { kRoot, kDirectInParent, kAlreadyInPlace };
  From from = From::kRoot;
  bool is_file = false;
};

// Whether what is open (O_PATH) is the entry that is to be kept.
using IsTheEntry = absl::FunctionRef<bool(int fd)>;

// Returns where it is now. FailedPrecondition, and nothing is moved, if what
// stands at its name is another by now.
absl::StatusOr<std::string> MoveOutOfReach(const KeepRequest& plan,
                                           IsTheEntry is_the_entry);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_OWNED_KEPT_DIRECTORY_H_
