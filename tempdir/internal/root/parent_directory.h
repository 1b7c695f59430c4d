// SPDX-License-Identifier: Apache-2.0

// The directory in which temp dirs are created: which one it is, and what other
// users may do in it.

#ifndef TEMPDIR_INTERNAL_ROOT_PARENT_DIRECTORY_H_
#define TEMPDIR_INTERNAL_ROOT_PARENT_DIRECTORY_H_

#include <sys/stat.h>

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "finalize/export.h"

namespace tempdir_internal {

// Returns `asked_for` as an absolute path without slashes at its end. A
// relative one counts from the present current directory. An empty one means
// $TMPDIR, or /tmp if that is unset or empty; a relative $TMPDIR is an
// InvalidArgument.
FINALIZE_INTERNAL_EXPORT absl::StatusOr<std::string> ParentPath(
    std::string_view asked_for);

// Whether others than its owner and the superuser may rename what is in the
// directory: it has no sticky bit, and everyone may write it, or a group other
// than the effective one of this process.
bool IsOpenToOthers(const struct stat& directory);

// Whether only the effective user and the superuser may rename what is in the
// directory, as far as its owner and its mode tell.
bool IsClosedToOthers(const struct stat& directory);

struct OpenedParent {
  int fd;  // O_PATH
  // IsClosedToOthers(). If false, another user can put another directory in the
  // place of one that is in it.
  bool closed_to_others;
};

// Opens it. If that fails, returns NotFound, FailedPrecondition (not a
// directory) or PermissionDenied, with its path.
absl::StatusOr<OpenedParent> OpenParent(const std::string& path);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_ROOT_PARENT_DIRECTORY_H_
