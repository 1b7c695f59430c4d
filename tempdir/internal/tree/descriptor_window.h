// SPDX-License-Identifier: Apache-2.0

// DescriptorWindow: how many directories tree removal has open at once.
//
// The limit follows from RLIMIT_NOFILE and is halved whenever the kernel
// refuses a descriptor. The root is not counted. Thread-safe.

#ifndef TEMPDIR_INTERNAL_TREE_DESCRIPTOR_WINDOW_H_
#define TEMPDIR_INTERNAL_TREE_DESCRIPTOR_WINDOW_H_

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace tempdir_internal {

class DescriptorWindow {
 public:
  explicit DescriptorWindow(uint64_t descriptor_limit)
      : limit_(static_cast<int>(
            std::clamp<uint64_t>(descriptor_limit / 4, 2, 30))) {}

  bool full() const {
    return open_.load(std::memory_order_relaxed) >=
           limit_.load(std::memory_order_relaxed);
  }
  bool empty() const { return open_.load(std::memory_order_relaxed) == 0; }

  void Opened() { open_.fetch_add(1, std::memory_order_relaxed); }
  void Closed() { open_.fetch_sub(1, std::memory_order_relaxed); }

  // No more descriptors are available: works with half of those in use, but
  // with one at least.
  void Shrink() {
    const int half = open_.load(std::memory_order_relaxed) / 2;
    limit_.store(std::max(half, 1), std::memory_order_relaxed);
  }

 private:
  std::atomic<int> open_{0};
  std::atomic<int> limit_;
};

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_TREE_DESCRIPTOR_WINDOW_H_
