// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/remove/directory_finisher.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tempdir/internal/remove/tree_climb.h"
#include "tempdir/internal/remove/tree_departure.h"
#include "tempdir/internal/tree/removal_queue.h"

namespace tempdir_internal {
TreeNode* DirectoryFinisher::Drop(TreeNode* node) {
  while (node->pending.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    Verdict verdict =
        IsToBeReadOn(node) ? Verdict::kAgain : RemoveDirectory(node);
    if (verdict == Verdict::kAgain) {
      node->pending.store(1, std::memory_order_relaxed);
      return node;
    }
    const bool is_root = node == state_.root;
    node = Free(node, verdict == Verdict::kGone);
    if (is_root) {
      state_.queue.Finish();
      return nullptr;
    }
  }
  return nullptr;
}

TreeNode* DirectoryFinisher::Retire(TreeNode* node, bool gone) {
  return Drop(Free(node, gone));
}

TreeNode* DirectoryFinisher::Free(TreeNode* node, bool gone) {
  TreeNode* parent = node->parent;
  if (node->fd >= 0) {
    state_.calls.close(node->fd);
    if (node != state_.root) state_.window.Closed();
  }
  if (gone) {
    parent->progress.store(true, std::memory_order_relaxed);
  } else {
    parent->failed.store(true, std::memory_order_relaxed);
  }
  DeleteTreeNode(state_.storage, node);
  return parent;
}

bool DirectoryFinisher::IsToBeReadOn(TreeNode* node) {
  if (node->lost) return false;
  if (node->incomplete.load(std::memory_order_relaxed)) {
    // Children that found no memory; some may be free again now.
    if (!node->progress.load(std::memory_order_relaxed)) {
      state_.Fail(node, nullptr, ENOMEM);
      return false;
    }
    node->incomplete.store(false, std::memory_order_relaxed);
    node->progress.store(false, std::memory_order_relaxed);
    node->unread = false;
    state_.calls.seek(node->fd, 0, SEEK_SET);
    return true;
  }
  if (!node->unread) return false;
  node->unread = false;
  return true;
}

DirectoryFinisher::Verdict DirectoryFinisher::RemoveDirectory(TreeNode* node) {
  TreeNode* parent = node->parent;
  if (parent->fd < 0 && parent != &state_.anchor) {
    ReopenParent(state_, node);
  }
  if (node->failed.load(std::memory_order_relaxed) || parent->lost) {
    return Verdict::kStays;
  }
  if (parent != &state_.anchor && HasDeparted(state_, parent)) {
    return Verdict::kGone;  // With it.
  }
  if (node->departed.load(std::memory_order_relaxed)) return Vanished(node);
  if (node == state_.root && state_.plan.exact_root &&
      !IsAtItsName(state_, node)) {
    return Vanished(node);
  }
  const int result = entries_.RemoveDirectory(parent, node->name);
  switch (result) {
    case 0:
      state_.late.Progressed(parent->fd, state_.calls.now() - state_.started);
      return Verdict::kGone;
    case -ENOENT:
      return Vanished(node);
    case -ENOTDIR:
      // Something else was put in its place, which is in the tree as well.
      if (node != state_.root) entries_.RemoveFile(parent, node->name);
      return Vanished(node);
    case -ENOTEMPTY:
    case -EEXIST:
      return Refilled(node);
    case -EBUSY:
      // Mounted since it was opened?
      if (state_.border.IsMountPoint(parent->fd, node->name)) {
        state_.Fail(node, nullptr, kMountPoint);
        return Verdict::kStays;
      }
      [[fallthrough]];
    default:
      state_.Fail(node, nullptr, -result);
      return Verdict::kStays;
  }
}

DirectoryFinisher::Verdict DirectoryFinisher::Refilled(TreeNode* node) {
  if (!node->end_seen) return Verdict::kAgain;  // It was not the end yet.
  if (!IsAtItsName(state_, node)) return Vanished(node);
  node->late = true;
  state_.late.Found(node->fd);
  if (!state_.late.HasTime()) {
    ReportRefilled(node);
    return Verdict::kStays;
  }
  if (!node->progress.load(std::memory_order_relaxed)) {
    state_.calls.pause(50000);
  }
  node->progress.store(false, std::memory_order_relaxed);
  node->end_seen = false;
  state_.calls.seek(node->fd, 0, SEEK_SET);
  return Verdict::kAgain;
}

// Its name is gone. Somebody else removed it, or moved it to where that is
// seen: in the tree it will be removed, out of it not.
DirectoryFinisher::Verdict DirectoryFinisher::Vanished(TreeNode* node) {
  struct stat status;
  if (state_.calls.examine(node->fd, "", &status) < 0 || status.st_nlink == 0) {
    return Verdict::kGone;
  }
  if (node == state_.root) {
    state_.Fail(node, nullptr, 0, Obstacle::kMovedAway);
    return Verdict::kStays;
  }
  RemovalQueue::Lock lock(state_.queue);
  if (state_.vanished_fd < 0) {
    state_.vanished_fd = node->fd;
    state_.vanished_place = NewPathSegment(state_.storage, state_.root, node);
    state_.window.Closed();
    node->fd = -1;
  }
  return Verdict::kGone;
}

void DirectoryFinisher::ReportRefilled(TreeNode* node) {
  state_.calls.seek(node->fd, 0, SEEK_SET);
  const bool found = reader_.Read(node->fd, false) == 0 && reader_.size() > 0;
  const char* name =
      found ? reader_.names() + reader_.entries()[0].name : nullptr;
  state_.Fail(node, name, ENOTEMPTY, Obstacle::kRefilled);
}

}  // namespace tempdir_internal
