#include "tempdir/internal/removal_worker.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "tempdir/internal/directory_opener.h"
#include "tempdir/internal/move_up.h"
#include "tempdir/internal/permission_repair.h"
#include "tempdir/internal/tree_climb.h"

namespace tempdir_internal {
namespace {

// Entries from which on other workers join in on one directory, and how many
// each takes at a time.
constexpr uint32_t kWide = 1024;
constexpr uint32_t kRun = 256;

// Directories that wait, names in one directory, or time gone by, from which on
// another worker pays.
constexpr uint32_t kManyWaiting = 64;
constexpr uint32_t kManyEntries = 2048;
constexpr int64_t kLongTime = 5000000;

// Nodes that wait on one stack from which on no further are collected.
constexpr uint32_t kTooManyWaiting = 8192;

// Removing a sub-directory unread costs a little where it is not empty.
constexpr int kMaxEmptyCredit = 16;
constexpr uint32_t kUntriedBeforeRetry = 64;

// A directory is emptied this often before a writer is blamed.
constexpr int kMinRefills = 2;
// Times the deadline is set anew because another removal is at work.
constexpr uint32_t kMaxExtensions = 1000;

}  // namespace

void RemovalWorker::Run() {
  for (;;) {
    const RemovalQueue::Task task = state_.queue.Take(number_);
    if (task.node != nullptr) {
      if (task.node->fd >= 0 || Open(task.node)) Read(task.node);
    } else if (task.runs != nullptr) {
      RemoveRuns(*task.runs);
      state_.queue.Leave(*task.runs);
    } else {
      return;
    }
    // A name may have become a directory while it was taken for something else.
    PushFound();
  }
}

bool RemovalWorker::Open(TreeNode* node) {
  if (node->parent->lost) {
    Retire(node, false);
    return false;
  }
  if (node->parent->fd < 0) {
    // Closed above another deep directory; opened again when that is finished.
    state_.queue.SetAside(node);
    return false;
  }
  bool may_shrink = true;
  for (;;) {
    if (state_.window.full()) {
      const Room room = MakeRoom(node);
      if (room == Room::kHandedOn) return false;
      may_shrink = room == Room::kFree;
    }
    const int fd = OpenDirectory(state_, node->parent, node->name);
    if (fd >= 0) {
      state_.window.Opened();
      node->fd = fd;
      node->pending.store(1, std::memory_order_relaxed);
      return true;
    }
    const bool no_descriptors = fd == -EMFILE || fd == -ENFILE;
    if (!no_descriptors || state_.window.empty() || !may_shrink) {
      CannotOpen(node, -fd);
      return false;
    }
    state_.window.Shrink();
  }
}

RemovalWorker::Room RemovalWorker::MakeRoom(TreeNode* node) {
  const bool alone = number_ == 0 && state_.queue.alone();
  TreeNode* parent = node->parent;
  if (parent == state_.root) {
    if (alone) return Room::kNone;
    state_.queue.PutOff(node);
    return Room::kHandedOn;
  }
  const MoveResult result =
      state_.plan.dry_run ? MoveResult::kRefused : MoveUp(state_, node);
  switch (result) {
    case MoveResult::kMoved:
      state_.queue.PutOff(node);
      Drop(parent);
      return Room::kHandedOn;
    case MoveResult::kGone:
      Retire(node, true);
      return Room::kHandedOn;
    case MoveResult::kRefused:
      break;
  }
  if (alone) {
    return CloseHighestAbove(state_, node) ? Room::kFree : Room::kNone;
  }
  state_.queue.SetAside(node);
  return Room::kHandedOn;
}

void RemovalWorker::CannotOpen(TreeNode* node, int error) {
  TreeNode* parent = node->parent;
  bool gone = true;
  switch (error) {
    case ENOENT:
      break;
    case ENOTDIR:
    case ELOOP:
      // No directory (any more).
      RemoveFile(parent, node->name);
      break;
    case EXDEV:
      state_.Fail(node, nullptr, 0, Obstacle::kMountPoint);
      gone = false;
      break;
    default:
      if (state_.plan.dry_run) {
        ++counts_.directories;
      } else if (Remove(parent, node->name, AT_REMOVEDIR) == 0) {
        ++counts_.directories;
        break;
      }
      state_.Fail(node, nullptr, error);
      gone = false;
  }
  Retire(node, gone);
}

void RemovalWorker::Read(TreeNode* node) {
  for (;;) {
    const int result = reader_.Read(node->fd, ByInode(node->fd));
    if (result < 0) {
      // ENOENT: removed by somebody else, and the file system says so.
      if (result != -ENOENT) state_.Fail(node, nullptr, -result);
      break;
    }
    RemoveEntries(node);
    if (reader_.at_end()) {
      node->end_seen = true;
      break;
    }
    if (reader_.short_answer() && !node->end_guessed) {
      node->end_guessed = true;
      break;
    }
    if (!StillPatient(node)) {
      node->end_seen = true;
      break;
    }
    if (waiting_ > kTooManyWaiting) {
      node->unread = true;
      break;
    }
  }
  Drop(node);
}

bool RemovalWorker::ByInode(int fd) {
  using Order = RemovalState::Order;
  Order order = state_.order.load(std::memory_order_relaxed);
  if (order == Order::kUnknown) {
    struct statfs status;
    const bool ext = state_.calls.examine_file_system(fd, &status) == 0 &&
                     status.f_type == EXT4_SUPER_MAGIC;
    order = ext ? Order::kByInode : Order::kAny;
    state_.order.store(order, std::memory_order_relaxed);
  }
  return order == Order::kByInode;
}

void RemovalWorker::RemoveEntries(TreeNode* directory) {
  NameRuns runs;
  runs.directory = directory;
  runs.entries = reader_.entries();
  runs.names = reader_.names();
  runs.size = reader_.size();
  runs.run = runs.size < kWide ? runs.size : kRun;
  if (runs.size < kWide) return RemoveRuns(runs);
  if (threads_ != nullptr && runs.size >= kManyEntries &&
      !state_.queue.has_idle_workers() && threads_->has_room()) {
    threads_->Start();
  }
  state_.queue.Offer(runs);
  RemoveRuns(runs);
  state_.queue.Withdraw(runs);
}

void RemovalWorker::RemoveRuns(NameRuns& runs) {
  for (;;) {
    const uint32_t begin =
        runs.next.fetch_add(runs.run, std::memory_order_relaxed);
    if (begin >= runs.size) return;
    const uint32_t end = std::min(begin + runs.run, runs.size);
    for (uint32_t i = begin; i < end; ++i) {
      const DirectoryEntry& entry = runs.entries[i];
      RemoveEntry(runs.directory, runs.names + entry.name, entry.type);
    }
    PushFound();
  }
}

void RemovalWorker::RemoveEntry(TreeNode* directory, const char* name,
                                uint32_t type) {
  if (state_.plan.dry_run) return CountEntry(directory, name, type);
  if (type != DT_DIR && type != DT_UNKNOWN) {
    return RemoveFile(directory, name);
  }
  if (IsMovedName(name)) {
    if (directory == state_.root && IsOwnMovedName(state_, name)) return;
    state_.foreign_moves.fetch_add(1, std::memory_order_relaxed);
  }
  // rmdir never removes a file, whereas unlink removes directories on some
  // file systems; so what may be a directory meets rmdir first, if anything.
  bool try_empty = type == DT_UNKNOWN || state_.plain_open;
  if (empty_credit_ > 0 || ++untried_ >= kUntriedBeforeRetry) {
    untried_ = 0;
    try_empty = true;
  }
  if (!try_empty || !RemoveIfEmpty(directory, name)) AddChild(directory, name);
}

void RemovalWorker::CountEntry(TreeNode* directory, const char* name,
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

void RemovalWorker::RemoveFile(TreeNode* directory, const char* name) {
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
    case -EBUSY:
      return state_.Fail(directory, name, 0, Obstacle::kMountPoint);
    default:
      return state_.Fail(directory, name, -result);
  }
}

// Returns false if it is a directory that has to be opened.
bool RemovalWorker::RemoveIfEmpty(TreeNode* directory, const char* name) {
  switch (Remove(directory, name, AT_REMOVEDIR)) {
    case 0:
      ++counts_.directories;
      empty_credit_ = std::min(empty_credit_ + 2, kMaxEmptyCredit);
      return true;
    case -ENOENT:
      return true;
    case -ENOTDIR:
      RemoveFile(directory, name);
      return true;
    case -EBUSY:
      if (!state_.plain_open) return false;
      state_.Fail(directory, name, 0, Obstacle::kMountPoint);
      return true;
    default:
      if (empty_credit_ > 0) --empty_credit_;
      return false;
  }
}

int RemovalWorker::Remove(TreeNode* directory, const char* name, int flags) {
  int result = state_.calls.remove(directory->fd, name, flags);
  if (result == -EACCES && MakeWritable(state_, directory)) {
    result = state_.calls.remove(directory->fd, name, flags);
  }
  if (result == 0) {
    directory->progress.store(true, std::memory_order_relaxed);
  }
  return result;
}

void RemovalWorker::AddChild(TreeNode* directory, const char* name) {
  TreeNode* child = NewTreeNode(state_.storage, directory, name, strlen(name));
  if (child == nullptr) {
    directory->incomplete.store(true, std::memory_order_relaxed);
    return;
  }
  directory->pending.fetch_add(1, std::memory_order_relaxed);
  found_.PushBottom(child);
}

void RemovalWorker::PushFound() {
  if (found_.empty()) return;
  waiting_ = state_.queue.Push(number_, found_);
  if (threads_ == nullptr || waiting_ < 2 || !threads_->has_room() ||
      state_.queue.has_idle_workers()) {
    return;
  }
  if (waiting_ >= kManyWaiting * state_.queue.workers() ||
      state_.calls.now() - state_.started > kLongTime) {
    threads_->Start();
  }
}

void RemovalWorker::Retire(TreeNode* node, bool gone) {
  Drop(Free(node, gone));
}

TreeNode* RemovalWorker::Free(TreeNode* node, bool gone) {
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

void RemovalWorker::Drop(TreeNode* node) {
  while (node->pending.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    Verdict verdict =
        IsToBeReadOn(node) ? Verdict::kAgain : RemoveDirectory(node);
    if (verdict == Verdict::kAgain) {
      node->pending.store(1, std::memory_order_relaxed);
      NodeStack again;
      again.Push(node);
      waiting_ = state_.queue.Push(number_, again);
      return;
    }
    const bool is_root = node == state_.root;
    node = Free(node, verdict == Verdict::kGone);
    if (is_root) return state_.queue.Finish();
  }
}

bool RemovalWorker::IsToBeReadOn(TreeNode* node) {
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

RemovalWorker::Verdict RemovalWorker::RemoveDirectory(TreeNode* node) {
  TreeNode* parent = node->parent;
  if (parent->fd < 0 && parent != &state_.anchor) {
    ReopenParent(state_, node);
  }
  if (node->failed.load(std::memory_order_relaxed) || parent->lost) {
    return Verdict::kStays;
  }
  if (node == state_.root && state_.plan.exact_root && !IsAtItsName(node)) {
    return Vanished(node);
  }
  const int result =
      state_.plan.dry_run ? 0 : Remove(parent, node->name, AT_REMOVEDIR);
  switch (result) {
    case 0:
      ++counts_.directories;
      if (node->refills > 0) state_.writer_deadline = 0;
      return Verdict::kGone;
    case -ENOENT:
      return Vanished(node);
    case -ENOTDIR:
      // Something else was put in its place, which is in the tree as well.
      if (node != state_.root) RemoveFile(parent, node->name);
      return Vanished(node);
    case -ENOTEMPTY:
    case -EEXIST:
      return Refilled(node);
    default:
      state_.Fail(node, nullptr, -result);
      return Verdict::kStays;
  }
}

RemovalWorker::Verdict RemovalWorker::Refilled(TreeNode* node) {
  if (!node->end_seen) return Verdict::kAgain;  // It was not the end yet.
  if (!IsAtItsName(node)) return Vanished(node);
  if (node->refills < kMinRefills) ++node->refills;
  if (!StillPatient(node)) {
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

// Whether a directory that filled up again is worth another look. The clock
// starts at the first such directory, and anew whenever one of them is gone
// after all or another removal is seen to move directories.
bool RemovalWorker::StillPatient(TreeNode* node) {
  if (node->refills == 0) return true;
  const int64_t now = state_.calls.now();
  int64_t deadline = state_.writer_deadline.load(std::memory_order_relaxed);
  const uint32_t moves =
      state_.foreign_moves.exchange(0, std::memory_order_relaxed);
  if (deadline == 0 || (moves > 0 && extensions_ < kMaxExtensions)) {
    extensions_ += deadline != 0;
    deadline = now + state_.plan.writer_timeout;
    state_.writer_deadline.store(deadline, std::memory_order_relaxed);
  }
  return now < deadline || node->refills < kMinRefills;
}

// Its name is gone. Somebody else removed it, or moved it to where that is
// seen: in the tree it will be removed, out of it not.
RemovalWorker::Verdict RemovalWorker::Vanished(TreeNode* node) {
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

void RemovalWorker::ReportRefilled(TreeNode* node) {
  state_.calls.seek(node->fd, 0, SEEK_SET);
  const bool found = reader_.Read(node->fd, false) == 0 && reader_.size() > 0;
  const char* name =
      found ? reader_.names() + reader_.entries()[0].name : nullptr;
  state_.Fail(node, name, ENOTEMPTY, Obstacle::kRefilled);
}

// Whether the directory at the node's name is the one that it has open.
bool RemovalWorker::IsAtItsName(TreeNode* node) {
  struct stat open, named;
  return state_.calls.examine(node->fd, "", &open) == 0 &&
         state_.calls.examine(node->parent->fd, node->name, &named) == 0 &&
         open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

}  // namespace tempdir_internal
