// SPDX-License-Identifier: Apache-2.0

// Moving up: a directory that is too deep to be opened where it is becomes a
// directory of the root, by a rename that replaces nothing.

#ifndef TEMPDIR_INTERNAL_REMOVE_MOVE_UP_H_
#define TEMPDIR_INTERNAL_REMOVE_MOVE_UP_H_

#include "tempdir/internal/tree/removal_state.h"

namespace tempdir_internal {

enum class MoveResult { kMoved, kGone, kRefused };

// Moves the directory of `node`, which waits, into the root. On kMoved the node
// is a child of the root (and counted there), and its former parent has one
// entry less but still counts it in `pending`.
MoveResult MoveUp(RemovalState& state, TreeNode* node);

// Whether `name` looks like one that a removal gives to what it moves up, and
// whether this very removal gave it.
bool IsMovedName(const char* name);
bool IsOwnMovedName(const RemovalState& state, const char* name);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_REMOVE_MOVE_UP_H_
