// SPDX-License-Identifier: Apache-2.0

// MakePrivateDirectory: the only code that creates directories.
//
// mkdir tests whether a name is free: an existing entry is never adopted, and
// another name is tried. The mode is the one that was asked for, whatever the
// umask; if the file system does not permit that, it is what the file system
// shows, unless the plan insists.
//
// In a parent in which others may rename, one of them can put another directory
// of the user in the place of the new one before this code has looked at it.
// That directory would be taken for the new one, and removed with its content
// in the end. So the new one is held open there from the first look on, and
// must be empty; otherwise another name is tried.

#ifndef TEMPDIR_INTERNAL_ROOT_PRIVATE_DIRECTORY_H_
#define TEMPDIR_INTERNAL_ROOT_PRIVATE_DIRECTORY_H_

#include <sys/types.h>

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "tempdir/internal/identity/entry_identity.h"
#include "tempdir/internal/system/random_name.h"

namespace tempdir_internal {

// How many names are tried at most.
constexpr int kMaxNames = 1000;
// How many random letters the name of a temp dir has.
constexpr size_t kNameLetters = 10;

struct DirectoryPlan {
  std::string_view prefix;
  std::string_view suffix;
  size_t letters;  // how many random ones are between prefix and suffix
  mode_t mode;
  // For messages; if it is absolute, the new directory must be visible there.
  std::string_view parent_path;
  // Where the random letters come from.
  bool (*append_letters)(std::string*, size_t) = &AppendRandomLetters;
  // Whether it is an error if the file system does not give it the mode.
  bool insist_on_mode = true;
  // Whether others may rename in the parent.
  bool among_others = false;
};

struct PrivateDirectory {
  std::string name;
  EntryIdentity identity;
  bool has_mode;  // as planned
  // The effective user is its owner, as the file system says.
  bool is_shown_own;
};

// Creates a directory in the one that is open at `parent_fd`. An error names
// `parent_path`, and nothing is left behind. Returns NotFound if what is open
// is not at `parent_path` (any longer).
absl::StatusOr<PrivateDirectory> MakePrivateDirectory(
    int parent_fd, const DirectoryPlan& plan);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_ROOT_PRIVATE_DIRECTORY_H_
