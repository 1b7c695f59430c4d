// SPDX-License-Identifier: Apache-2.0

// TreeRemoval: the engine of tree removal, for one directory.
//
// It works in memory and through system calls that the caller supplies, takes
// no lock and starts no thread if `plan.max_workers` is 1, and runs no caller
// code except that of its arguments.
//
//   TreeRemoval removal(kKernelCalls, storage, errors, plan, parent_fd, name);
//   int result = removal.Open();
//   if (result == 0) counts = removal.Run();
//
// Confined to one thread.

#ifndef TEMPDIR_INTERNAL_REMOVE_TREE_REMOVAL_H_
#define TEMPDIR_INTERNAL_REMOVE_TREE_REMOVAL_H_

#include <sys/types.h>

#include "tempdir/internal/identity/directory_identity.h"
#include "tempdir/internal/system/system_calls.h"
#include "tempdir/internal/tree/removal_errors.h"
#include "tempdir/internal/tree/removal_state.h"
#include "tempdir/internal/tree/removal_storage.h"

namespace tempdir_internal {

class TreeRemoval {
 public:
  // For the directory `name` in the directory open at `parent_fd`, which stays
  // the caller's.
  TreeRemoval(const SystemCalls& calls, RemovalStorage& storage,
              RemovalErrors& errors, const RemovalPlan& plan, int parent_fd,
              const char* name);
  TreeRemoval(const TreeRemoval&) = delete;
  TreeRemoval& operator=(const TreeRemoval&) = delete;
  ~TreeRemoval();

  // Opens the directory, not through a link and not into another mount. Returns
  // an error negated on failure: one of mount_border.h, ENOTDIR or ELOOP if it
  // is no directory, ESTALE if it is not `expected` (null: any will do).
  int Open(const DirectoryIdentity* expected);

  // The same for a caller that cannot have a DirectoryIdentity: -ESTALE if it
  // is not the directory with this inode. That is certain only while a process
  // has it open.
  int OpenInode(dev_t device, ino_t inode);

  // Removes it with its content, returns what was removed, and reports what
  // could not be removed. Call at most once, after Open.
  RemovalCounts Run();

 private:
  int TakeOpened(int fd, bool known);
  int RemoveUnread();
  void ReportMovedAway();

  RemovalState state_;
  const char* const name_;
  int fd_ = -1;
  // It was empty and has been removed already.
  bool removed_ = false;
};

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_REMOVE_TREE_REMOVAL_H_
