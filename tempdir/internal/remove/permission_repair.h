// SPDX-License-Identifier: Apache-2.0

// Permission repair: gives the owner's permissions back to a directory that is
// in the way of its own removal.
//
// Only directories of the calling user are changed, only by descriptor, and
// only directories that were reached in the tree: never what a link points to,
// and never the directory that the root is in.

#ifndef TEMPDIR_INTERNAL_REMOVE_PERMISSION_REPAIR_H_
#define TEMPDIR_INTERNAL_REMOVE_PERMISSION_REPAIR_H_

#include "tempdir/internal/tree/removal_state.h"

namespace tempdir_internal {

// Makes the open directory of `node` writable and searchable (u+rwx), once.
// Returns whether it is worth trying again. Thread-safe.
bool MakeWritable(RemovalState& state, TreeNode* node);

// Opens the directory `name` of `parent` without reading it (O_PATH), with the
// parent made searchable if need be. Returns a descriptor or an error negated,
// as OpenDirectory does.
int OpenUnread(RemovalState& state, TreeNode* parent, const char* name);

// Gives the owner's permissions back to the directory open at `fd` (O_PATH is
// enough). Returns 0 if it has them now, else -errno: -EACCES if it is somebody
// else's or modes are not to be changed.
int RepairMode(RemovalState& state, int fd);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_REMOVE_PERMISSION_REPAIR_H_
