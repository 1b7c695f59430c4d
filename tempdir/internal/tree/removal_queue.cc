// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/tree/removal_queue.h"

namespace tempdir_internal {

void NodeStack::Push(TreeNode* node) {
  node->above = nullptr;
  node->below = top_;
  (top_ != nullptr ? top_->above : bottom_) = node;
  top_ = node;
  ++size_;
}

void NodeStack::PushBottom(TreeNode* node) {
  node->below = nullptr;
  node->above = bottom_;
  (bottom_ != nullptr ? bottom_->below : top_) = node;
  bottom_ = node;
  ++size_;
}

TreeNode* NodeStack::PopTop() {
  TreeNode* node = top_;
  if (node == nullptr) return nullptr;
  top_ = node->below;
  (top_ != nullptr ? top_->above : bottom_) = nullptr;
  --size_;
  return node;
}

TreeNode* NodeStack::PopBottom() {
  TreeNode* node = bottom_;
  if (node == nullptr) return nullptr;
  bottom_ = node->above;
  (bottom_ != nullptr ? bottom_->below : top_) = nullptr;
  --size_;
  return node;
}

void NodeStack::Append(NodeStack& other) {
  if (other.empty()) return;
  other.bottom_->below = top_;
  (top_ != nullptr ? top_->above : bottom_) = other.bottom_;
  top_ = other.top_;
  size_ += other.size_;
  other = NodeStack();
}

RemovalQueue::Task RemovalQueue::Take(int worker) {
  Lock lock(*this);
  for (;;) {
    if (finished_ || (alone_ && worker != 0)) return {};
    if (TreeNode* node = stacks_[worker].PopTop()) return {node, nullptr};
    if (!moved_.empty() && !window_.full()) return {moved_.PopTop(), nullptr};
    if (TreeNode* node = Steal(worker)) return {node, nullptr};
    if (NameRuns* runs = JoinRuns()) return {nullptr, runs};
    if (worker == 0 && idle_ == workers_ - 1) {
      if (aside_.empty() && moved_.empty()) return {};
      alone_ = true;
      stacks_[0].Append(moved_);
      stacks_[0].Append(aside_);
      continue;
    }
    WaitForWork(worker, lock);
  }
}

TreeNode* RemovalQueue::Steal(int worker) {
  for (int i = 1; i < workers_; ++i) {
    NodeStack& stack = stacks_[(worker + i) % workers_];
    if (!stack.empty()) return stack.PopBottom();
  }
  return nullptr;
}

NameRuns* RemovalQueue::JoinRuns() {
  for (NameRuns* runs = runs_; runs != nullptr; runs = runs->following) {
    if (runs->next.load(std::memory_order_relaxed) < runs->size) {
      ++runs->helpers;
      return runs;
    }
  }
  return nullptr;
}

void RemovalQueue::WaitForWork(int worker, Lock& lock) {
  idle_.fetch_add(1, std::memory_order_relaxed);
  if (worker == 0) {
    first_worker_.wait(lock.get());
  } else {
    if (idle_ >= workers_ - 1) first_worker_.notify_one();
    other_workers_.wait(lock.get());
  }
  idle_.fetch_sub(1, std::memory_order_relaxed);
}

void RemovalQueue::WakeIdle() {
  if (!sharing_ || !has_idle_workers()) return;
  other_workers_.notify_one();
  first_worker_.notify_one();
}

uint32_t RemovalQueue::Push(int worker, NodeStack& nodes) {
  Lock lock(*this);
  stacks_[worker].Append(nodes);
  const uint32_t size = stacks_[worker].size();
  // One alone is for this worker.
  if (size > 1) WakeIdle();
  return size;
}

void RemovalQueue::EnqueueRemoval(TreeNode* node) {
  Lock lock(*this);
  moved_.Push(node);
}

void RemovalQueue::SetAside(TreeNode* node) {
  Lock lock(*this);
  aside_.Push(node);
}

void RemovalQueue::Offer(NameRuns& runs) {
  Lock lock(*this);
  runs.following = runs_;
  runs_ = &runs;
  if (sharing_) {
    other_workers_.notify_all();
    first_worker_.notify_one();
  }
}

void RemovalQueue::Withdraw(NameRuns& runs) {
  Lock lock(*this);
  NameRuns** link = &runs_;
  while (*link != &runs) link = &(*link)->following;
  *link = runs.following;
  while (runs.helpers > 0) runs_left_.wait(lock.get());
}

void RemovalQueue::Leave(NameRuns& runs) {
  Lock lock(*this);
  if (--runs.helpers == 0) runs_left_.notify_all();
}

void RemovalQueue::Finish() {
  Lock lock(*this);
  finished_ = true;
  if (!sharing_) return;
  first_worker_.notify_all();
  other_workers_.notify_all();
}

int RemovalQueue::StartSharing() {
  if (!sharing_) sharing_ = true;
  Lock lock(*this);
  return workers_++;
}

void RemovalQueue::Unadmit() {
  Lock lock(*this);
  --workers_;
}

}  // namespace tempdir_internal
