// Whether a directory is where it was made, and else where a directory went.

#ifndef TEMPDIR_INTERNAL_LOST_DIRECTORY_H_
#define TEMPDIR_INTERNAL_LOST_DIRECTORY_H_

#include <string>

#include "tempdir/internal/directory_identity.h"
#include "tempdir/internal/process_root.h"

namespace tempdir_internal {

// Whether it stands at `name` in the root.
bool IsAtItsPlace(int root_fd, const char* name,
                  const DirectoryIdentity& identity);

// Looks for the directory among those in the root (open at `root_fd`) and in
// the root's parent; empty if it is not there. Looks at some thousands of
// entries of each at most.
std::string FindLostDirectory(int root_fd, const ProcessRoot& root,
                              const DirectoryIdentity& identity);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_LOST_DIRECTORY_H_
