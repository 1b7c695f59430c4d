// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/remove/tree_removal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "tempdir/internal/remove/directory_opener.h"
#include "tempdir/internal/remove/removal_threads.h"
#include "tempdir/internal/remove/removal_worker.h"

namespace tempdir_internal {
namespace {

RemovalCounts Help(RemovalState& state, int number) {
  RemovalWorker worker(state, number, nullptr);
  worker.Run();
  return worker.counts();
}

}  // namespace

TreeRemoval::TreeRemoval(const SystemCalls& calls, RemovalStorage& storage,
                         RemovalErrors& errors, const RemovalPlan& plan,
                         int parent_fd, const char* name)
    : state_(calls, storage, errors, plan), name_(name) {
  state_.anchor.fd = parent_fd;
  state_.started = calls.now();
  const uint64_t mixed = (static_cast<uint64_t>(state_.started) ^
                          reinterpret_cast<uintptr_t>(this)) *
                         0x9e3779b97f4a7c15;
  state_.salt = static_cast<uint32_t>(mixed >> 32);
}

TreeRemoval::~TreeRemoval() {
  if (fd_ >= 0) state_.calls.close(fd_);
}

int TreeRemoval::Open(const DirectoryIdentity* expected) {
  const int fd = OpenDirectory(state_, &state_.anchor, name_, expected);
  if (fd >= 0) return TakeOpened(fd, expected != nullptr);
  if (fd == -kMountsUnknown && expected == nullptr) return RemoveUnread();
  return fd;
}

int TreeRemoval::OpenInode(dev_t device, ino_t inode) {
  const int fd = OpenDirectory(state_, &state_.anchor, name_);
  if (fd < 0) return fd;
  struct stat status;
  int result = state_.calls.examine(fd, "", &status);
  if (result == 0 && (status.st_dev != device || status.st_ino != inode)) {
    result = -ESTALE;
  }
  if (result == 0) return TakeOpened(fd, /*known=*/true);
  state_.calls.close(fd);
  return result;
}

// Whether it is `known` to be the one that is meant.
int TreeRemoval::TakeOpened(int fd, bool known) {
  fd_ = fd;
  if (state_.plan.dry_run) return 0;
  if (!state_.border.compares_devices() && !known) return 0;
  // Tells a mount point where nothing else does; and a temporary directory is
  // often empty.
  const int result = state_.calls.remove(state_.anchor.fd, name_, AT_REMOVEDIR);
  removed_ = result == 0;
  const bool mounted =
      result == -EBUSY && state_.border.IsMountPoint(state_.anchor.fd, name_);
  return mounted ? -kMountPoint : 0;
}

// It may not be entered: nothing tells what is mounted there. rmdir removes no
// mount point.
int TreeRemoval::RemoveUnread() {
  if (state_.plan.dry_run) return -kMountsUnknown;
  const int result = state_.calls.remove(state_.anchor.fd, name_, AT_REMOVEDIR);
  removed_ = result == 0;
  switch (result) {
    case 0:
    case -ENOENT:
    case -ENOTDIR:
      return result;
    case -EBUSY:
      return -kMountPoint;
    default:
      return -kMountsUnknown;
  }
}

RemovalCounts TreeRemoval::Run() {
  if (removed_) return {0, 1, 0};
  TreeNode* root =
      NewTreeNode(state_.storage, &state_.anchor, name_, strlen(name_));
  if (root == nullptr) {
    state_.Fail(&state_.anchor, nullptr, ENOMEM);
    return {};
  }
  root->fd = fd_;
  fd_ = -1;
  root->pending = 1;
  state_.anchor.pending = 1;
  state_.root = root;
  // A dry run moves nothing, so it has to climb.
  if (state_.plan.dry_run) state_.queue.WorkAlone();
  NodeStack first;
  first.Push(root);
  state_.queue.Push(0, first);

  RemovalThreads threads(state_, Help);
  RemovalWorker worker(state_, 0, &threads);
  worker.Run();
  RemovalCounts counts = worker.counts();
  threads.Join(counts);
  ReportMovedAway();
  return counts;
}

void TreeRemoval::ReportMovedAway() {
  if (state_.vanished_fd < 0) return;
  struct stat status;
  // All that is left in the tree has been reported; what is gone has no links.
  if (!state_.anchor.failed &&
      state_.calls.examine(state_.vanished_fd, "", &status) == 0 &&
      status.st_nlink > 0) {
    state_.errors.ReportMovedAway(state_.vanished_place);
  }
  state_.calls.close(state_.vanished_fd);
  DropPathSegment(state_.storage, state_.vanished_place);
}

}  // namespace tempdir_internal
