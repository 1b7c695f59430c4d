// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/remove/tree_climb.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tempdir_internal {
namespace {

int Mark(const SystemCalls& calls, int fd, DirectoryMark* mark) {
  struct stat status;
  const int result = calls.examine(fd, "", &status);
  if (result < 0) return result;
  *mark = {status.st_dev, status.st_ino, calls.handle_digest(fd)};
  return 0;
}

bool Same(const DirectoryMark& a, const DirectoryMark& b) {
  return a.device == b.device && a.inode == b.inode &&
         a.handle_digest == b.handle_digest;
}

// Whether the directory above the one open at `fd` is that of `node`.
bool IsAbove(const SystemCalls& calls, int fd, TreeNode* node) {
  DirectoryMark mark = node->mark;
  if (node->fd >= 0 && Mark(calls, node->fd, &mark) < 0) return false;
  struct stat status;
  return calls.examine(fd, "..", &status) == 0 &&
         status.st_dev == mark.device && status.st_ino == mark.inode;
}

bool IsThere(const SystemCalls& calls, int fd, TreeNode* node) {
  DirectoryMark mark;
  if (Mark(calls, fd, &mark) < 0 || !Same(mark, node->mark)) return false;
  return mark.handle_digest != 0 || IsAbove(calls, fd, node->parent);
}

}  // namespace

bool CloseHighestAbove(RemovalState& state, TreeNode* node) {
  TreeNode* highest = nullptr;
  if (node->parent == state.root) return false;
  for (TreeNode* above = node->parent->parent;
       above != state.root && above != &state.anchor && above->fd >= 0;
       above = above->parent) {
    highest = above;
  }
  if (highest == nullptr) return false;
  const off_t position = state.calls.seek(highest->fd, 0, SEEK_CUR);
  if (position < 0) return false;
  if (Mark(state.calls, highest->fd, &highest->mark) < 0) return false;
  highest->position = position;
  state.calls.close(highest->fd);
  state.window.Closed();
  highest->fd = -1;
  return true;
}

void ReopenParent(RemovalState& state, TreeNode* node) {
  TreeNode* parent = node->parent;
  if (node->lost) {
    parent->lost = true;
    parent->failed.store(true, std::memory_order_relaxed);
    return;
  }
  const int fd =
      state.border.Open(node->fd, "..", O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (fd >= 0 && IsThere(state.calls, fd, parent)) {
    state.calls.seek(fd, parent->position, SEEK_SET);
    parent->fd = fd;
    state.window.Opened();
    return;
  }
  if (fd >= 0) state.calls.close(fd);
  parent->lost = true;
  const bool known = fd >= 0 || fd == -ENOENT;
  state.Fail(parent, nullptr, known ? 0 : -fd,
             known ? Obstacle::kMovedAway : Obstacle::kSystemCall);
}

}  // namespace tempdir_internal
