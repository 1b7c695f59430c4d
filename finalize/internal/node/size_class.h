// SPDX-License-Identifier: Apache-2.0

// The size classes of nodes.
#ifndef FINALIZE_INTERNAL_NODE_SIZE_CLASS_H_
#define FINALIZE_INTERNAL_NODE_SIZE_CLASS_H_

#include <cstddef>
#include <cstdint>

namespace finalize_internal {

constexpr int kSizeClasses = 6;

// The sizes of nodes in bytes, header included.
constexpr uint16_t kSizes[kSizeClasses] = {96, 128, 192, 256, 512, 1024};
constexpr size_t kLargestNode = kSizes[kSizeClasses - 1];

// Returns the class of the smallest node that holds `bytes`, which is at most
// kLargestNode.
constexpr int SizeClassFor(size_t bytes) {
  int size_class = 0;
  while (kSizes[size_class] < bytes) ++size_class;
  return size_class;
}

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_NODE_SIZE_CLASS_H_
