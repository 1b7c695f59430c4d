// SPDX-License-Identifier: Apache-2.0

// DirectoryFinisher: removes directories that have been emptied, or gives up.
//
// The worker that drops the last of a directory's `pending` decides what
// becomes of it. When it is finished, its parent's is dropped, and so on up to
// the root. From the states of tree_node.h:
//
//   emptying --- pending is 0 ---> kGone    finished: it is removed, or
//                                           another one removed or moved it
//                                  kStays   finished: something in it stays
//                                  kAgain   to be read on, or once more: the
//                                           caller lets it rest
//
// Confined to one thread.

#ifndef TEMPDIR_INTERNAL_REMOVE_DIRECTORY_FINISHER_H_
#define TEMPDIR_INTERNAL_REMOVE_DIRECTORY_FINISHER_H_

#include <cstdint>

#include "tempdir/internal/remove/entry_remover.h"
#include "tempdir/internal/tree/directory_reader.h"
#include "tempdir/internal/tree/removal_state.h"
#include "tempdir/internal/tree/tree_node.h"

namespace tempdir_internal {

class DirectoryFinisher {
 public:
  // `reader` is used for a look at what stays in a directory; what it has read
  // does not outlive Drop and Retire.
  DirectoryFinisher(RemovalState& state, EntryRemover& entries,
                    DirectoryReader& reader)
      : state_(state), entries_(entries), reader_(reader) {}
  DirectoryFinisher(const DirectoryFinisher&) = delete;
  DirectoryFinisher& operator=(const DirectoryFinisher&) = delete;

  // Drops one of what `node` has pending. Returns the node that has to be read
  // again, its reader counted already: `node` or one above it; or null. Any
  // other may be freed by now.
  TreeNode* Drop(TreeNode* node);

  // Finishes `node`, which has nothing pending, and drops it from its parent.
  // Returns the same as Drop.
  TreeNode* Retire(TreeNode* node, bool gone);

 private:
  enum class Verdict { kGone, kStays, kAgain };

  TreeNode* Free(TreeNode* node, bool gone);
  bool IsToBeReadOn(TreeNode* node);
  Verdict RemoveDirectory(TreeNode* node);
  Verdict Refilled(TreeNode* node);
  Verdict Vanished(TreeNode* node);
  void ReportRefilled(TreeNode* node);

  RemovalState& state_;
  EntryRemover& entries_;
  DirectoryReader& reader_;
};

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_REMOVE_DIRECTORY_FINISHER_H_
