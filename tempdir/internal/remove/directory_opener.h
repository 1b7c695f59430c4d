// SPDX-License-Identifier: Apache-2.0

// OpenDirectory: the way into a directory of the tree, and there is no other.
//
// One component below a held descriptor, never through a link, never into
// another mount (mount_border.h).

#ifndef TEMPDIR_INTERNAL_REMOVE_DIRECTORY_OPENER_H_
#define TEMPDIR_INTERNAL_REMOVE_DIRECTORY_OPENER_H_

#include "tempdir/internal/identity/directory_identity.h"
#include "tempdir/internal/tree/removal_state.h"

namespace tempdir_internal {

// Opens the directory `name` of `parent` for reading; if it forbids that, with
// its owner's permissions given back. Returns its descriptor or an error
// negated: one of mount_border.h, ENOTDIR or ELOOP if it is no directory,
// ESTALE if `expected` is not null and it is another directory.
int OpenDirectory(RemovalState& state, TreeNode* parent, const char* name,
                  const DirectoryIdentity* expected = nullptr);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_REMOVE_DIRECTORY_OPENER_H_
