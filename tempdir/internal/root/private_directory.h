// MakePrivateDirectory: the only code that makes directories.
//
// mkdir is the test of whether a name is free: what stands there already is
// never adopted, whoever made it, and another name is tried. The mode is what
// was asked for, whatever the umask says; on a file system that does not let it
// be so, it is what that shows, unless the plan insists.
//
// In a parent where others may rename, one of them can put a directory of the
// user's own in the place of the new one before anybody has looked at it. It
// would be taken for the new one, and removed with all it holds in the end. So
// the new one is held open there from the first look on, and has to be empty;
// else another name is tried.

#ifndef TEMPDIR_INTERNAL_ROOT_PRIVATE_DIRECTORY_H_
#define TEMPDIR_INTERNAL_ROOT_PRIVATE_DIRECTORY_H_

#include <sys/types.h>

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "tempdir/internal/identity/entry_identity.h"
#include "tempdir/internal/system/random_name.h"

namespace tempdir_internal {

// How many names are tried before it is given up.
constexpr int kMaxNames = 1000;
// How many random letters the name of a temp dir has.
constexpr size_t kNameLetters = 10;

struct DirectoryPlan {
  std::string_view prefix;
  std::string_view suffix;
  size_t letters;  // how many random ones stand between prefix and suffix
  mode_t mode;
  // For messages, and where the new directory has to be seen if it is absolute.
  std::string_view parent_path;
  // Where the random letters come from.
  bool (*append_letters)(std::string*, size_t) = &AppendRandomLetters;
  // Whether it is an error that the mode cannot be had.
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

// Makes a directory in the one that is open at `parent_fd`. An error names
// `parent_path`; nothing is left behind then. NotFound if what is open is not
// at `parent_path` (any more).
absl::StatusOr<PrivateDirectory> MakePrivateDirectory(
    int parent_fd, const DirectoryPlan& plan);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_ROOT_PRIVATE_DIRECTORY_H_
