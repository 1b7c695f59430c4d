// The directory in which temp dirs are made: which one it is, and whether it
// is fit for that.

#ifndef TEMPDIR_INTERNAL_ROOT_PARENT_DIRECTORY_H_
#define TEMPDIR_INTERNAL_ROOT_PARENT_DIRECTORY_H_

#include <sys/stat.h>

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tempdir_internal {

// Returns `asked_for` as an absolute path without slashes at its end: a
// relative one counts from the current directory of this moment. Empty stands
// for $TMPDIR, and where that is unset or empty for /tmp; a relative $TMPDIR
// is an InvalidArgument.
absl::StatusOr<std::string> ParentPath(std::string_view asked_for);

// Whether others than its owner and the superuser may rename what is in the
// directory: it has no sticky bit, and everybody may write it, or a group other
// than the effective one of this process.
bool IsOpenToOthers(const struct stat& directory);

// Whether only the effective user and the superuser may rename what is in the
// directory, as far as its owner and its mode tell.
bool IsClosedToOthers(const struct stat& directory);

struct OpenedParent {
  int fd;  // O_PATH
  // IsClosedToOthers(). Else another user can put a directory of its own in the
  // place of one that is in it.
  bool closed_to_others;
};

// Opens it. NotFound, FailedPrecondition (not a directory) or PermissionDenied,
// with its path, if that fails.
absl::StatusOr<OpenedParent> OpenParent(const std::string& path);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_ROOT_PARENT_DIRECTORY_H_
