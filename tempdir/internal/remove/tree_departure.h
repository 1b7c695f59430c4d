// SPDX-License-Identifier: Apache-2.0

// Tree departure: finds out that a directory was moved out of the tree while it
// is being emptied, so that what it holds is not removed where it is now.
//
// Directories are held open, so a removal would go on in one that was moved.
// Every millisecond each worker looks whether the directories above the one
// that it works in are still at their names, up to the root. What was moved
// away has departed: nothing in it is touched from then on. What was removed
// there within that millisecond is lost.
//
// A directory that another removal moved up has departed, too; it is found
// again in the root.

#ifndef TEMPDIR_INTERNAL_REMOVE_TREE_DEPARTURE_H_
#define TEMPDIR_INTERNAL_REMOVE_TREE_DEPARTURE_H_

#include <cstdint>

#include "tempdir/internal/tree/removal_state.h"
#include "tempdir/internal/tree/tree_node.h"

namespace tempdir_internal {

// Whether the directory at the node's name is the one that it has open.
bool IsAtItsName(RemovalState& state, TreeNode* node);

// Whether the open directory `node`, or one above it, is known to have
// departed.
bool HasDeparted(const RemovalState& state, const TreeNode* node);

// Confined to one thread.
class DepartureWatch {
 public:
  explicit DepartureWatch(RemovalState& state)
      : state_(state), looked_(state.started) {}
  DepartureWatch(const DepartureWatch&) = delete;
  DepartureWatch& operator=(const DepartureWatch&) = delete;

  // Whether it has departed; looks if it has not done so for a millisecond.
  bool HasLeft(TreeNode* node);

 private:
  RemovalState& state_;
  int64_t looked_;
};

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_REMOVE_TREE_DEPARTURE_H_
