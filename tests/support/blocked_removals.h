// SPDX-License-Identifier: Apache-2.0

// BlockedRemovals blocks the thread that removes temp dirs in the background,
// so that a test sees the removals that are queued.
//
//   BlockedRemovals blocked;
//   dir.Remove();            // queued
//   blocked.Release();       // and removed
//
// Confined to one thread.

#ifndef TESTS_SUPPORT_BLOCKED_REMOVALS_H_
#define TESTS_SUPPORT_BLOCKED_REMOVALS_H_

#include <cstdlib>
#include <memory>
#include <utility>

#include "tempdir/internal/root/removal_backlog.h"
#include "tests/support/latch.h"

namespace finalize_test {

class BlockedRemovals {
 public:
  BlockedRemovals() : block_(std::make_shared<Block>()) {
    if (!tempdir_internal::AcceptsRemovals() ||
        !tempdir_internal::EnqueueRemoval(block_)) {
      abort();
    }
    block_->begun.Wait();
  }
  ~BlockedRemovals() { Release(); }

  void Release() {
    if (block_ != nullptr) block_->end.CountDown();
    block_ = nullptr;
  }
  // Keeps the thread blocked until the process ends.
  void Abandon() { new std::shared_ptr<Block>(std::move(block_)); }

 private:
  struct Block : tempdir_internal::QueuedRemoval {
    bool FinishRemoval() noexcept override {
      begun.CountDown();
      end.Wait();
      return true;
    }
    Latch begun;
    Latch end;
  };
  std::shared_ptr<Block> block_;
};

}  // namespace finalize_test

#endif  // TESTS_SUPPORT_BLOCKED_REMOVALS_H_
