// SPDX-License-Identifier: Apache-2.0

// CountingStorage: the memory of one tree removal, counted, and refused on
// request.

#ifndef TESTS_REMOVE_TREE_COUNTING_STORAGE_H_
#define TESTS_REMOVE_TREE_COUNTING_STORAGE_H_

#include <cstddef>
#include <cstdlib>
#include <mutex>

#include "tempdir/internal/tree/removal_storage.h"

namespace finalize_test {

// Thread-safe.
class CountingStorage final : public tempdir_internal::RemovalStorage {
 public:
  void* Allocate(size_t size) override {
    std::lock_guard<std::mutex> lock(mutex_);
    ++calls_;
    if (in_use_ + size > limit_) return nullptr;
    if (calls_ == refused_call_) return nullptr;
    in_use_ += size;
    if (in_use_ > peak_) peak_ = in_use_;
    return std::malloc(size);
  }
  void Free(void* block, size_t size) override {
    std::lock_guard<std::mutex> lock(mutex_);
    in_use_ -= size;
    std::free(block);
  }

  // Refuses what would exceed `bytes` in all, or the call of that number.
  void Limit(size_t bytes) { limit_ = bytes; }
  void RefuseCall(size_t call) { refused_call_ = call; }

  size_t in_use() const { return in_use_; }
  size_t peak() const { return peak_; }
  size_t calls() const { return calls_; }

 private:
  std::mutex mutex_;
  size_t in_use_ = 0;
  size_t peak_ = 0;
  size_t limit_ = ~size_t{0};
  size_t calls_ = 0;
  size_t refused_call_ = 0;
};

}  // namespace finalize_test

#endif  // TESTS_REMOVE_TREE_COUNTING_STORAGE_H_
