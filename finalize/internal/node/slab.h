// SPDX-License-Identifier: Apache-2.0

// Type-stable memory for nodes. A slab is never freed and only ever holds nodes
// of one size, so that the node of a stale handle can always be read.
//
// A thread keeps up to two chains of free nodes of each size, and exchanges
// whole chains with a central list without walking them. The common acquire and
// release take no lock and call no allocator. When a thread ends, its free
// nodes return to the central list.
#ifndef FINALIZE_INTERNAL_NODE_SLAB_H_
#define FINALIZE_INTERNAL_NODE_SLAB_H_

#include <cstddef>
#include <cstdint>

#include "finalize/internal/node/node.h"
#include "finalize/internal/node/size_class.h"
#include "finalize/internal/node/thread_state.h"

namespace finalize_internal {

// The beginning of a slab. Slabs are aligned to their size, so that the header
// is found from any node.
struct SlabHeader {
  uint32_t size_class;
  uint32_t first_number;
};
constexpr size_t kSlabBytes = 64 * 1024;

inline SlabHeader* SlabOf(const Node* node) {
  return reinterpret_cast<SlabHeader*>(reinterpret_cast<uintptr_t>(node) &
                                       ~(kSlabBytes - 1));
}

// These exchange whole chains with the central lists.
constexpr uint32_t kChainLength = 32;
Node* AcquireCentral(int size_class);
void ReleaseCentral(int size_class);  // makes room in the thread's chain

// Returns a free node, or null if there is no memory. Its word holds its
// generation and kFree.
inline Node* AcquireNodeOfClass(int size_class) {
  FreeNodes& free = this_thread.free[size_class];
  Node* const node = free.chain;
  if (node == nullptr) return AcquireCentral(size_class);
  free.chain = node->older;
  --free.count;
  if (free.chain != nullptr) __builtin_prefetch(free.chain, /*rw=*/1);
  return node;
}

// The same, with room for `bytes` bytes, header included.
inline Node* AcquireNode(size_t bytes) {
  return AcquireNodeOfClass(SizeClassFor(bytes));
}

// Takes back a node whose word says kFree.
inline void ReleaseNode(Node* node) {
  const int size_class = static_cast<int>(SlabOf(node)->size_class);
  FreeNodes& free = this_thread.free[size_class];
  if (free.count == kChainLength || !this_thread.keeping) {
    ReleaseCentral(size_class);
  }
  node->older = free.chain;
  free.chain = node;
  ++free.count;
}

// Makes sure that the library learns of the end of this thread. Called before
// the thread claims a callback, because a fiber may suspend the callback and
// the thread may end. In a callback it does nothing.
void WatchEndOfThread();
inline void EnsureEndIsWatched() {
  if (__builtin_expect(!this_thread.keeping, false)) WatchEndOfThread();
}

// Returns the free nodes of this thread to the central lists. It keeps none
// from then on.
void GiveBackFreeNodes();

// Returns the number of a node. It is unique among the nodes that exist;
// numbers are small and dense.
uint64_t NodeNumber(const Node* node);

// Makes LeakSanitizer regard what existing nodes own as reachable. For the
// child of a fork, which never destroys what its parent registered. Takes no
// lock.
void KeepInheritedReachable();

// Drops the central lists. For the child of a fork that ran no fork hook, in
// which they may be half changed.
void ResetCentralListsAfterFork();

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_NODE_SLAB_H_
