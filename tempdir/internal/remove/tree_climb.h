// SPDX-License-Identifier: Apache-2.0

// Tree climb: works below more levels than there are descriptors, where
// directories cannot be moved up (the file system refuses it, or nothing may be
// changed).
//
// Directories above the one that is worked on are closed, the highest first,
// and opened again through ".." on the way back. What ".." leads to is believed
// only if it is the very directory that was closed: device, inode and file
// handle are compared, and where there are no handles the directory above it as
// well. Used by one worker alone.

#ifndef TEMPDIR_INTERNAL_REMOVE_TREE_CLIMB_H_
#define TEMPDIR_INTERNAL_REMOVE_TREE_CLIMB_H_

#include "tempdir/internal/tree/removal_state.h"

namespace tempdir_internal {

// Closes the highest open directory above `node`, its parent and the root
// excepted. Returns whether there was one.
bool CloseHighestAbove(RemovalState& state, TreeNode* node);

// Opens the parent of `node`, which is open, again. If it is not where it was,
// reports that and marks the parent lost.
void ReopenParent(RemovalState& state, TreeNode* node);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_REMOVE_TREE_CLIMB_H_
