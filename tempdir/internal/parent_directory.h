// The directory in which temp dirs are made: which one it is, and whether it
// is fit for that.

#ifndef TEMPDIR_INTERNAL_PARENT_DIRECTORY_H_
#define TEMPDIR_INTERNAL_PARENT_DIRECTORY_H_

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

// Opens it (O_PATH). NotFound, FailedPrecondition (not a directory) or
// PermissionDenied, with its path, where that cannot be; PermissionDenied as
// well where others may replace what is in it: somebody else's directory that
// is open to others.
absl::StatusOr<int> OpenParent(const std::string& path);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_PARENT_DIRECTORY_H_
