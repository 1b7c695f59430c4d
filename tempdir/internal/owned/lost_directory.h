// SPDX-License-Identifier: Apache-2.0

// FindLostDirectory: finds a directory that is not at its path, if it is near.

#ifndef TEMPDIR_INTERNAL_OWNED_LOST_DIRECTORY_H_
#define TEMPDIR_INTERNAL_OWNED_LOST_DIRECTORY_H_

#include <string>

#include "tempdir/internal/identity/entry_identity.h"
#include "tempdir/internal/root/process_root.h"

namespace tempdir_internal {

// Returns the path of the directory, if it is in the root (open at `root_fd`)
// or in the root's parent; empty if it is not. Looks at some thousands of
// entries of each at most.
std::string FindLostDirectory(int root_fd, const ProcessRoot& root,
                              const EntryIdentity& identity);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_OWNED_LOST_DIRECTORY_H_
