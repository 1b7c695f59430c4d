// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/remove/removal_worker.h"

#include <errno.h>
#include <linux/magic.h>

#include <algorithm>

#include "tempdir/internal/remove/directory_opener.h"
#include "tempdir/internal/remove/move_up.h"
#include "tempdir/internal/remove/tree_climb.h"

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

}  // namespace

void RemovalWorker::Run() {
  for (;;) {
    const RemovalQueue::Task task = state_.queue.Take(number_);
    if (task.node != nullptr) {
      Work(task.node);
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

void RemovalWorker::Work(TreeNode* node) {
  if (node->fd < 0) {
    if (node != state_.root && watch_.HasLeft(node->parent)) {
      return Rest(finisher_.Retire(node, true));
    }
    if (node->late && !state_.late.HasTime()) return GiveUp(node);
    if (!Open(node)) return;
    if (!node->late && state_.late.IsNew(node->fd)) {
      node->late = true;
      if (!state_.late.HasTime()) return GiveUp(node);
    }
  }
  const LateWork::Timer timer(node->late ? &state_.late : nullptr);
  Read(node);
}

// There is no time for what others add.
void RemovalWorker::GiveUp(TreeNode* node) {
  TreeNode* parent = node->parent;
  if (!parent->failed.load(std::memory_order_relaxed)) {
    state_.Fail(parent, node->name, ENOTEMPTY, Obstacle::kRefilled);
  }
  Rest(finisher_.Retire(node, false));
}

bool RemovalWorker::Open(TreeNode* node) {
  if (node->parent->lost) {
    Rest(finisher_.Retire(node, false));
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
    state_.queue.EnqueueRemoval(node);
    return Room::kHandedOn;
  }
  const MoveResult result =
      state_.plan.dry_run ? MoveResult::kRefused : MoveUp(state_, node);
  switch (result) {
    case MoveResult::kMoved:
      state_.queue.EnqueueRemoval(node);
      Rest(finisher_.Drop(parent));
      return Room::kHandedOn;
    case MoveResult::kGone:
      Rest(finisher_.Retire(node, true));
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
      entries_.RemoveFile(parent, node->name);
      break;
    case kMountPoint:
    case kOtherDevice:
    case kMountsUnknown:
      state_.Fail(node, nullptr, error);
      gone = false;
      break;
    default:
      if (entries_.RemoveDirectory(parent, node->name) == 0 &&
          !state_.plan.dry_run) {
        break;
      }
      state_.Fail(node, nullptr, error);
      gone = false;
  }
  Rest(finisher_.Retire(node, gone));
}

void RemovalWorker::Read(TreeNode* node) {
  for (;;) {
    const int result = reader_.Read(node->fd, ByInode(node->fd));
    if (result < 0) {
      if (result != -ENOENT) state_.Fail(node, nullptr, -result);
      // ENOENT: removed by somebody else. What stands at its name now is
      // another one.
      node->end_seen = true;
      break;
    }
    RemoveEntries(node);
    if (reader_.at_end() || node->departed.load(std::memory_order_relaxed)) {
      node->end_seen = true;
      break;
    }
    if (reader_.short_answer() && !node->end_guessed) {
      node->end_guessed = true;
      break;
    }
    if (node->late && !state_.late.HasTime()) {
      node->end_seen = true;
      break;
    }
    if (waiting_ > kTooManyWaiting) {
      node->unread = true;
      break;
    }
  }
  Rest(finisher_.Drop(node));
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
    if (runs.directory->late && !state_.late.HasTime()) return;
    if (watch_.HasLeft(runs.directory)) return;
    const uint32_t end = std::min(begin + runs.run, runs.size);
    for (uint32_t i = begin; i < end; ++i) {
      const DirectoryEntry& entry = runs.entries[i];
      entries_.RemoveEntry(runs.directory, runs.names + entry.name, entry.type);
    }
    PushFound();
  }
}

void RemovalWorker::PushFound() {
  NodeStack& found = entries_.found();
  if (found.empty()) return;
  waiting_ = state_.queue.Push(number_, found);
  if (threads_ == nullptr || waiting_ < 2 || !threads_->has_room() ||
      state_.queue.has_idle_workers()) {
    return;
  }
  if (waiting_ >= kManyWaiting * state_.queue.workers() ||
      state_.calls.now() - state_.started > kLongTime) {
    threads_->Start();
  }
}

void RemovalWorker::Rest(TreeNode* node) {
  if (node == nullptr) return;
  NodeStack again;
  again.Push(node);
  waiting_ = state_.queue.Push(number_, again);
}

}  // namespace tempdir_internal
