// The directory in which temp dirs are made: which one it is, and whether it
// is fit for that.

#ifndef TEMPDIR_INTERNAL_PARENT_DIRECTORY_H_
#define TEMPDIR_INTERNAL_PARENT_DIRECTORY_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tempdir_internal {

// Returns `asked_for` as an absolute path without slashes at its end: a
// relative one counts from the current directory of this moment. Empty stands
// for $TMPDIR, and where that is unset or empty for /tmp; a relative $TMPDIR
// is an InvalidArgument.
absl::StatusOr<std::string> ParentPath(std::string_view asked_for);

// Opens it (O_PATH). NotFound, FailedPrecondition (not a directory) or
// PermissionDenied, with its path, where that cannot be; PermissionDenied as
// well where everybody may replace what is in it: somebody else's directory,
// writable by all, without the sticky bit.
absl::StatusOr<int> OpenParent(const std::string& path);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_PARENT_DIRECTORY_H_
