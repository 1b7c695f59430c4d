// Type-stable memory for nodes: slabs that are never given back and never hold
// anything but nodes of one size, so that a stale handle may always look at
// the node it points to.
//
// A thread keeps a few free nodes of each size and exchanges batches with a
// central list; the common acquire and release take no lock and no memory
// from the allocator. What a thread keeps goes back when it ends.
#ifndef FINALIZE_INTERNAL_SLAB_H_
#define FINALIZE_INTERNAL_SLAB_H_

#include <cstddef>
#include <cstdint>

#include "finalize/internal/node.h"
#include "finalize/internal/thread_state.h"

namespace finalize_internal {

// The sizes of nodes in bytes, header included.
inline constexpr uint16_t kSizes[kSizeClasses] = {96, 128, 192, 256, 512, 1024};
inline constexpr size_t kLargestNode = kSizes[kSizeClasses - 1];

// Returns the class of the smallest node that holds `bytes`, which is at most
// kLargestNode.
constexpr int SizeClassFor(size_t bytes) {
  int size_class = 0;
  while (kSizes[size_class] < bytes) ++size_class;
  return size_class;
}

// Returns a free node of at least `bytes` bytes, or null where there is no
// memory. Its word holds its generation and kFree.
Node* AcquireNode(size_t bytes);

// Takes back a node whose word says kFree.
void ReleaseNode(Node* node);

// The number of a node, unique among those that exist; small and dense.
uint64_t NodeNumber(const Node* node);

// For the child of a fork that ran no fork hook: the central lists may have
// been caught half-way, and are given up.
void ForgetCentralLists();

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_SLAB_H_
