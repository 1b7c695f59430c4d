// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/remove/tree_departure.h"

#include <sys/stat.h>

#include <atomic>

namespace tempdir_internal {
namespace {

// Between two looks.
constexpr int64_t kInterval = 1000000;

// It may have another name in the directory that it was found in.
bool IsInItsParent(RemovalState& state, TreeNode* node) {
  struct stat parent, above;
  return state.calls.examine(node->parent->fd, "", &parent) == 0 &&
         state.calls.examine(node->fd, "..", &above) == 0 &&
         parent.st_dev == above.st_dev && parent.st_ino == above.st_ino;
}

bool HasMoved(RemovalState& state, TreeNode* node) {
  if (IsAtItsName(state, node)) return false;
  return node == state.root || !IsInItsParent(state, node);
}

}  // namespace

bool IsAtItsName(RemovalState& state, TreeNode* node) {
  struct stat open, named;
  return state.calls.examine(node->fd, "", &open) == 0 &&
         state.calls.examine(node->parent->fd, node->name, &named) == 0 &&
         open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

bool HasDeparted(const RemovalState& state, const TreeNode* node) {
  for (; node != &state.anchor; node = node->parent) {
    if (node->departed.load(std::memory_order_relaxed)) return true;
  }
  return false;
}

bool DepartureWatch::HasLeft(TreeNode* node) {
  const int64_t now = state_.calls.now();
  if (now - looked_ >= kInterval && !state_.plan.dry_run) {
    looked_ = now;
    for (TreeNode* above = node; above != &state_.anchor;
         above = above->parent) {
      // Those that are closed for want of descriptors are looked at when they
      // are opened again.
      if (above->fd < 0 || above->parent->fd < 0) continue;
      if (HasMoved(state_, above)) {
        above->departed.store(true, std::memory_order_relaxed);
      }
    }
  }
  return HasDeparted(state_, node);
}

}  // namespace tempdir_internal
