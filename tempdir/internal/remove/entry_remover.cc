// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/remove/entry_remover.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <algorithm>

#include "tempdir/internal/remove/move_up.h"
#include "tempdir/internal/remove/permission_repair.h"

namespace tempdir_internal {
namespace {

// Removing a sub-directory unread costs a little where it is not empty.
constexpr int kMaxEmptyCredit = 16;
constexpr uint32_t kUntriedBeforeRetry = 64;

}  // namespace

void EntryRemover::RemoveEntry(TreeNode* directory, const char* name,
                               uint32_t type) {
  if (state_.plan.dry_run) return CountEntry(directory, name, type);
  if (type != DT_DIR && type != DT_UNKNOWN) {
    return RemoveFile(directory, name);
  }
  if (directory == state_.root && IsOwnMovedName(state_, name)) return;
  // rmdir never removes a file, whereas unlink removes directories on some
  // file systems; so what may be a directory meets rmdir first, if anything.
  bool try_empty = type == DT_UNKNOWN || state_.border.compares_devices();
  if (empty_credit_ > 0 || ++untried_ >= kUntriedBeforeRetry) {
    untried_ = 0;
    try_empty = true;
  }
  if (!try_empty || !RemoveIfEmpty(directory, name)) AddChild(directory, name);
}

void EntryRemover::CountEntry(TreeNode* directory, const char* name,
                              uint32_t type) {
  if (type == DT_UNKNOWN) {
    struct stat status;
    const int result = state_.calls.examine(directory->fd, name, &status);
    if (result == -ENOENT) return;
    if (result < 0) return state_.Fail(directory, name, -result);
    type = S_ISDIR(status.st_mode) ? DT_DIR : DT_REG;
  }
  type == DT_DIR ? AddChild(directory, name) : RemoveFile(directory, name);
}

void EntryRemover::RemoveFile(TreeNode* directory, const char* name) {
  uint64_t bytes = 0;
  if (state_.plan.count_bytes) {
    struct stat status;
    if (state_.calls.examine(directory->fd, name, &status) == 0 &&
        S_ISREG(status.st_mode) && status.st_nlink == 1) {
      bytes = status.st_size;
    }
  }
  const int result = state_.plan.dry_run ? 0 : Remove(directory, name, 0);
  switch (result) {
    case 0:
      ++counts_.files;
      counts_.bytes += bytes;
      return;
    case -ENOENT:
      return;
    case -EISDIR:
      // Not what it was when it was read.
      AddChild(directory, name);
      return;
    default:
      return FailToRemove(directory, name, -result);
  }
}

int EntryRemover::RemoveDirectory(TreeNode* directory, const char* name) {
  const int result =
      state_.plan.dry_run ? 0 : Remove(directory, name, AT_REMOVEDIR);
  if (result == 0) ++counts_.directories;
  return result;
}

// Returns false if it is a directory that has to be opened.
bool EntryRemover::RemoveIfEmpty(TreeNode* directory, const char* name) {
  switch (RemoveDirectory(directory, name)) {
    case 0:
      empty_credit_ = std::min(empty_credit_ + 2, kMaxEmptyCredit);
      return true;
    case -ENOENT:
      return true;
    case -ENOTDIR:
      RemoveFile(directory, name);
      return true;
    case -EBUSY:
      if (!state_.border.compares_devices()) return false;
      state_.Fail(directory, name, kMountPoint);
      return true;
    default:
      if (empty_credit_ > 0) --empty_credit_;
      return false;
  }
}

void EntryRemover::FailToRemove(TreeNode* directory, const char* name,
                                int error) {
  // A file that somebody has open may be as busy, on a network file system.
  const bool mounted =
      error == EBUSY && state_.border.IsMountPoint(directory->fd, name);
  state_.Fail(directory, name, mounted ? kMountPoint : error);
}

int EntryRemover::Remove(TreeNode* directory, const char* name, int flags) {
  int result = state_.calls.remove(directory->fd, name, flags);
  if (result == -EACCES && MakeWritable(state_, directory)) {
    result = state_.calls.remove(directory->fd, name, flags);
  }
  if (result == 0) {
    directory->progress.store(true, std::memory_order_relaxed);
  }
  return result;
}

void EntryRemover::AddChild(TreeNode* directory, const char* name) {
  TreeNode* child = NewTreeNode(state_.storage, directory, name, strlen(name));
  if (child == nullptr) {
    directory->incomplete.store(true, std::memory_order_relaxed);
    return;
  }
  child->late = directory->late && !state_.late.ProvesItself(
                                       directory->fd, name, IsMovedName(name));
  directory->pending.fetch_add(1, std::memory_order_relaxed);
  found_.PushBottom(child);
}

}  // namespace tempdir_internal
