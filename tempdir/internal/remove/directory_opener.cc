// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/remove/directory_opener.h"

#include <errno.h>
#include <fcntl.h>

#include "tempdir/internal/remove/permission_repair.h"

namespace tempdir_internal {
namespace {

constexpr int kReadable = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;

// Leaves no trace in the access time where the directory is the caller's.
int OpenUntouched(RemovalState& state, TreeNode* parent, const char* name) {
  const int fd = state.border.Open(parent->fd, name, kReadable | O_NOATIME);
  return fd != -EPERM ? fd : state.border.Open(parent->fd, name, kReadable);
}

int CloseIfOther(RemovalState& state, int fd,
                 const DirectoryIdentity* expected) {
  if (expected == nullptr || expected->Is(fd)) return fd;
  state.calls.close(fd);
  return -ESTALE;
}

int OpenRepaired(RemovalState& state, TreeNode* parent, const char* name,
                 const DirectoryIdentity* expected) {
  int held = OpenUnread(state, parent, name);
  if (held >= 0) held = CloseIfOther(state, held, expected);
  if (held < 0) return held;
  int fd = RepairMode(state, held);
  // Not by its name again.
  if (fd == 0) fd = state.calls.open(held, ".", kReadable);
  state.calls.close(held);
  return fd;
}

}  // namespace

int OpenDirectory(RemovalState& state, TreeNode* parent, const char* name,
                  const DirectoryIdentity* expected) {
  int fd = state.plan.dry_run ? OpenUntouched(state, parent, name)
                              : state.border.Open(parent->fd, name, kReadable);
  if (fd == -EACCES) fd = OpenRepaired(state, parent, name, expected);
  return fd < 0 ? fd : CloseIfOther(state, fd, expected);
}

}  // namespace tempdir_internal
