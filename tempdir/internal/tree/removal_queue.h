// SPDX-License-Identifier: Apache-2.0

// RemovalQueue: what is still to be done in one tree removal, and by whom.
//
// Each worker has its own stack of nodes and takes the newest from it
// (depth first, so that few directories are open); one that has none takes the
// oldest of another (the largest share), or joins in on a wide directory, whose
// names are handed out in runs.
//
// Two kinds of nodes wait elsewhere:
//   moved      directories that were moved up into the root, until there are
//              descriptors to spare
//   set aside  directories that are too deep and cannot be moved, until nothing
//              else is left; then the first worker, alone from there on, opens
//              them while it closes what is above them
//
// Worker 0 is the caller's thread. Until StartSharing there is no other one and
// nothing is locked.

#ifndef TEMPDIR_INTERNAL_TREE_REMOVAL_QUEUE_H_
#define TEMPDIR_INTERNAL_TREE_REMOVAL_QUEUE_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "tempdir/internal/tree/descriptor_window.h"
#include "tempdir/internal/tree/directory_reader.h"
#include "tempdir/internal/tree/tree_node.h"

namespace tempdir_internal {

// Entries of one directory, taken by several workers a run at a time.
struct NameRuns {
  TreeNode* directory;
  const DirectoryEntry* entries;
  const char* names;
  uint32_t size;
  uint32_t run;
  std::atomic<uint32_t> next{0};
  // Guarded by the queue: workers that joined in, and the next that is offered.
  int helpers = 0;
  NameRuns* following = nullptr;
};

// A list of nodes, linked through their `above` and `below`.
class NodeStack {
 public:
  bool empty() const { return top_ == nullptr; }
  uint32_t size() const { return size_; }
  void Push(TreeNode* node);
  void PushBottom(TreeNode* node);
  TreeNode* PopTop();
  TreeNode* PopBottom();
  // Puts everything in `other` on top of this.
  void Append(NodeStack& other);

 private:
  TreeNode* top_ = nullptr;
  TreeNode* bottom_ = nullptr;
  uint32_t size_ = 0;
};

constexpr int kMaxWorkers = 64;

class RemovalQueue {
 public:
  // One of the two, or none: nothing is left for this worker.
  struct Task {
    TreeNode* node = nullptr;
    NameRuns* runs = nullptr;
  };

  explicit RemovalQueue(const DescriptorWindow& window) : window_(window) {}

  // Waits for something to do.
  Task Take(int worker);

  // Puts `nodes` on the worker's stack. Returns how many nodes are on it.
  uint32_t Push(int worker, NodeStack& nodes);
  // `node` was moved to the root.
  void EnqueueRemoval(TreeNode* node);
  // `node` is too deep and cannot be moved.
  void SetAside(TreeNode* node);

  // Lets others take from `runs`; Withdraw waits until they have done so. Leave
  // is called by those who joined in.
  void Offer(NameRuns& runs);
  void Withdraw(NameRuns& runs);
  void Leave(NameRuns& runs);

  // The root is finished: Take returns nothing from now on.
  void Finish();

  // Worker 0 works alone and may close what is above a node.
  bool alone() const { return alone_; }
  void WorkAlone() { alone_ = true; }

  // Admits another worker and returns its number. Called by worker 0.
  int StartSharing();
  // The worker that was admitted last did not come.
  void Unadmit();
  bool has_idle_workers() const {
    return idle_.load(std::memory_order_relaxed) > 0;
  }
  int workers() const { return workers_; }

  // Guards whatever else the workers of this removal share.
  class Lock {
   public:
    explicit Lock(RemovalQueue& queue) {
      if (queue.sharing_) lock_ = std::unique_lock<std::mutex>(queue.mutex_);
    }
    std::unique_lock<std::mutex>& get() { return lock_; }

   private:
    std::unique_lock<std::mutex> lock_;
  };

 private:
  TreeNode* Steal(int worker);
  NameRuns* JoinRuns();
  void WaitForWork(int worker, Lock& lock);
  void WakeIdle();

  const DescriptorWindow& window_;
  std::mutex mutex_;
  std::condition_variable first_worker_;
  std::condition_variable other_workers_;
  std::condition_variable runs_left_;
  // Written by worker 0 before any other worker starts.
  bool sharing_ = false;

  NodeStack stacks_[kMaxWorkers];
  NodeStack moved_;
  NodeStack aside_;
  NameRuns* runs_ = nullptr;
  int workers_ = 1;
  std::atomic<int> idle_{0};
  bool alone_ = false;
  bool finished_ = false;
};

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_TREE_REMOVAL_QUEUE_H_
