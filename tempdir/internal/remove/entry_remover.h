// SPDX-License-Identifier: Apache-2.0

// EntryRemover: removes what is in a directory, one entry at a time.
//
// An entry that is not a directory is removed, and so is a sub-directory that
// turns out to be empty; any other becomes a child node of its directory and is
// collected in found(). In a dry run nothing is removed, only counted.
//
// What fails is reported to the removal, unless a function returns -errno.
// Confined to one thread.

#ifndef TEMPDIR_INTERNAL_REMOVE_ENTRY_REMOVER_H_
#define TEMPDIR_INTERNAL_REMOVE_ENTRY_REMOVER_H_

#include <cstdint>

#include "tempdir/internal/tree/removal_queue.h"
#include "tempdir/internal/tree/removal_state.h"
#include "tempdir/internal/tree/tree_node.h"

namespace tempdir_internal {

class EntryRemover {
 public:
  explicit EntryRemover(RemovalState& state) : state_(state) {}
  EntryRemover(const EntryRemover&) = delete;
  EntryRemover& operator=(const EntryRemover&) = delete;

  // Removes the entry `name` of the open `directory`. `type` is what it was
  // when it was read: DT_DIR, DT_UNKNOWN, ...
  void RemoveEntry(TreeNode* directory, const char* name, uint32_t type);

  // Removes an entry that was no directory when last seen. If it is one now, it
  // becomes a child.
  void RemoveFile(TreeNode* directory, const char* name);

  // Removes a sub-directory if it is empty (a dry run takes it to be). Returns
  // 0 or -errno.
  int RemoveDirectory(TreeNode* directory, const char* name);

  // Reports that the entry cannot be removed.
  void FailToRemove(TreeNode* directory, const char* name, int error);

  // Children that are not in the queue yet, first found on top.
  NodeStack& found() { return found_; }

  // What was removed, or would have been.
  const RemovalCounts& counts() const { return counts_; }

 private:
  void CountEntry(TreeNode* directory, const char* name, uint32_t type);
  bool RemoveIfEmpty(TreeNode* directory, const char* name);
  int Remove(TreeNode* directory, const char* name, int flags);
  void AddChild(TreeNode* directory, const char* name);

  RemovalState& state_;
  RemovalCounts counts_;
  NodeStack found_;
  // How far removing a sub-directory unread has paid lately; tried while it is
  // positive.
  int empty_credit_ = 4;
  uint32_t untried_ = 0;
};

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_REMOVE_ENTRY_REMOVER_H_
