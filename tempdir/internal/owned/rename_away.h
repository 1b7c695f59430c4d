// SPDX-License-Identifier: Apache-2.0

// RenameAway: renames a temp dir, so that the background can remove it.
//
// After that nothing is at its path: a removal in the background costs its
// caller one rename.

#ifndef TEMPDIR_INTERNAL_OWNED_RENAME_AWAY_H_
#define TEMPDIR_INTERNAL_OWNED_RENAME_AWAY_H_

#include "tempdir/internal/owned/owned_entry.h"

namespace tempdir_internal {

// Renames it to `.removing-<random>`, or, if it is in no root, to a name by
// which a reaper finishes the removal. Returns false, and the entry is as it
// was, if that fails, or if a crash is about to remove it.
bool RenameAway(OwnedEntry& entry);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_OWNED_RENAME_AWAY_H_
