// FindLostDirectory: where a directory that is not at its path a directory
// went.

#ifndef TEMPDIR_INTERNAL_OWNED_LOST_DIRECTORY_H_
#define TEMPDIR_INTERNAL_OWNED_LOST_DIRECTORY_H_

#include <string>

#include "tempdir/internal/identity/entry_identity.h"
#include "tempdir/internal/root/process_root.h"

namespace tempdir_internal {

// Looks for the directory among those in the root (open at `root_fd`) and in
// the root's parent; empty if it is not there. Looks at some thousands of
// entries of each at most.
std::string FindLostDirectory(int root_fd, const ProcessRoot& root,
                              const EntryIdentity& identity);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_OWNED_LOST_DIRECTORY_H_
