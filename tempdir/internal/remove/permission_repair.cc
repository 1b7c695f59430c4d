// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/remove/permission_repair.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

namespace tempdir_internal {
namespace {

constexpr mode_t kModeBits = 07777;

}  // namespace

int RepairMode(RemovalState& state, int fd) {
  if (!state.plan.make_writable || state.plan.dry_run) return -EACCES;
  struct stat status;
  const int result = state.calls.examine(fd, "", &status);
  if (result < 0) return result;
  if (!S_ISDIR(status.st_mode)) return -ENOTDIR;
  if (status.st_uid != state.calls.effective_user()) return -EACCES;
  if ((status.st_mode & S_IRWXU) == S_IRWXU) return 0;
  return state.calls.change_mode(fd, (status.st_mode & kModeBits) | S_IRWXU);
}

bool MakeWritable(RemovalState& state, TreeNode* node) {
  if (node == &state.anchor || node->fd < 0) return false;
  RemovalQueue::Lock lock(state.queue);
  if (!node->repaired) {
    node->repaired = true;
    node->writable = RepairMode(state, node->fd) == 0;
  }
  return node->writable;
}

int OpenUnread(RemovalState& state, TreeNode* parent, const char* name) {
  constexpr int kFlags = O_PATH | O_NOFOLLOW | O_DIRECTORY;
  int fd = state.border.Open(parent->fd, name, kFlags);
  if (fd == -EACCES && MakeWritable(state, parent)) {
    fd = state.border.Open(parent->fd, name, kFlags);
  }
  return fd;
}

}  // namespace tempdir_internal
