// SPDX-License-Identifier: Apache-2.0

// RemoveTreeAt: the removal of a directory by the code that created it.
//
// The same engine and the same promises as tempdir::RemoveTree, for callers
// that hold the parent's descriptor and know which directory they mean: the
// entry that has the name now is touched only if it is that very directory.

#ifndef TEMPDIR_INTERNAL_REMOVE_REMOVE_TREE_AT_H_
#define TEMPDIR_INTERNAL_REMOVE_REMOVE_TREE_AT_H_

#include <string_view>

#include "absl/status/status.h"
#include "tempdir/internal/identity/directory_identity.h"
#include "tempdir/internal/system/system_calls.h"
#include "tempdir/internal/tree/removal_storage.h"
#include "tempdir/path_argument.h"
#include "tempdir/remove_tree_options.h"

namespace tempdir_internal {

// Removes the directory `name` (one component, no slash) of the directory that
// is open at `parent_fd` (O_PATH is enough), if it is `expected`.
//
// Returns OK if it was removed now, or if nothing has the name any longer.
// Returns FailedPrecondition, and touches nothing, if something else has the
// name. Returns Aborted if it was moved away or replaced while it was being
// removed: then it has been emptied, and its replacement has not. Any other
// error is as in RemoveTree; the call can be repeated.
//
// `display_path` is the directory's path in errors. `stats`, if not null, is
// overwritten.
absl::Status RemoveTreeAt(int parent_fd, const char* name,
                          const DirectoryIdentity& expected,
                          const tempdir::RemoveTreeOptions& options,
                          tempdir::RemoveTreeStats* stats,
                          std::string_view display_path);

// The same with other system calls than usual.
absl::Status RemoveTreeAtWith(const SystemCalls& calls, int parent_fd,
                              const char* name,
                              const DirectoryIdentity& expected,
                              const tempdir::RemoveTreeOptions& options,
                              tempdir::RemoveTreeStats* stats,
                              std::string_view display_path);

// tempdir::RemoveTree with other system calls and other memory than usual.
absl::Status RemoveTreeWith(const SystemCalls& calls, RemovalStorage& storage,
                            tempdir::PathArgument root,
                            const tempdir::RemoveTreeOptions& options,
                            tempdir::RemoveTreeStats* stats);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_REMOVE_REMOVE_TREE_AT_H_
