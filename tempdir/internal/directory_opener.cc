#include "tempdir/internal/directory_opener.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "tempdir/internal/permission_repair.h"

namespace tempdir_internal {
namespace {

constexpr int kReadable = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;

int OpenPlain(RemovalState& state, TreeNode* parent, const char* name,
              int flags) {
  const SystemCalls& calls = state.calls;
  const int fd = calls.open(parent->fd, name, flags);
  if (fd < 0) return fd;
  struct stat inside, outside;
  int result = calls.examine(fd, "", &inside);
  if (result == 0) result = calls.examine(parent->fd, "", &outside);
  if (result == 0 && inside.st_dev != outside.st_dev) result = -EXDEV;
  if (result == 0) return fd;
  calls.close(fd);
  return result;
}

int OpenChecked(RemovalState& state, TreeNode* parent, const char* name,
                int flags) {
  if (!state.plain_open) {
    const int fd = state.calls.open_beneath(parent->fd, name, flags);
    if (fd != -ENOSYS && fd != -EPERM) return fd;
    const int plain = OpenPlain(state, parent, name, flags);
    if (fd == -ENOSYS || plain >= 0) state.plain_open = true;
    return plain;
  }
  return OpenPlain(state, parent, name, flags);
}

// Leaves no trace in the access time where the directory is the caller's.
int OpenUntouched(RemovalState& state, TreeNode* parent, const char* name) {
  const int fd = OpenChecked(state, parent, name, kReadable | O_NOATIME);
  return fd != -EPERM ? fd : OpenChecked(state, parent, name, kReadable);
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
  if (fd == 0) fd = state.calls.open(held, ".", kReadable);
  state.calls.close(held);
  return fd;
}

}  // namespace

int OpenDirectory(RemovalState& state, TreeNode* parent, const char* name,
                  const DirectoryIdentity* expected) {
  int fd = state.plan.dry_run ? OpenUntouched(state, parent, name)
                              : OpenChecked(state, parent, name, kReadable);
  if (fd == -EACCES) fd = OpenRepaired(state, parent, name, expected);
  return fd < 0 ? fd : CloseIfOther(state, fd, expected);
}

}  // namespace tempdir_internal
