// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/node/slab.h"

#include <sys/mman.h>

#include <atomic>
#include <new>
#include <utility>

#include "absl/base/attributes.h"
#include "finalize/internal/base/leak_sanitizer.h"
#include "finalize/internal/base/lock.h"
#include "finalize/internal/node/frames.h"
#include "finalize/internal/node/thread_end_door.h"

namespace finalize_internal {
namespace {

// Slabs are mapped in chunks. A program with few finalizers touches some pages
// of a small chunk. A program with tens of thousands gets chunks of the size of
// a huge page, and the kernel is asked for huge pages: that is one page fault
// and one TLB entry for some 20 000 finalizers, instead of one for 42.
constexpr size_t kSmallChunk = 16 * kSlabBytes;
constexpr size_t kHugeChunk = 32 * kSlabBytes;
constexpr size_t kMaxInSmall = 2 * kSmallChunk;
constexpr size_t kFirstNode = 64;
static_assert(sizeof(SlabHeader) <= kFirstNode, "nodes start on a cache line");

// The nodes that no thread keeps: returned chains, linked through `newer` of
// their first nodes, and the unused rest of the newest slab.
struct Central {
  Node* chains ABSL_GUARDED_BY(LockAt(kSlabLock)) = nullptr;
  char* fresh ABSL_GUARDED_BY(LockAt(kSlabLock)) = nullptr;
  char* fresh_end ABSL_GUARDED_BY(LockAt(kSlabLock)) = nullptr;
};
ABSL_CONST_INIT Central central[kSizeClasses];
// Nodes of threads that ended, until they make a chain.
ABSL_CONST_INIT FreeNodes
    gathered[kSizeClasses] ABSL_GUARDED_BY(LockAt(kSlabLock));
// What a chunk is. Stands behind the header of its first slab. The list of all
// chunks only grows, and may be read without a lock.
struct Chunk {
  Chunk* older;
  size_t size;
};
constexpr size_t kChunkOffset = 16;
static_assert(sizeof(SlabHeader) <= kChunkOffset &&
                  kChunkOffset + sizeof(Chunk) <= kFirstNode,
              "it is before the first node");
std::atomic<Chunk*> newest_chunk{nullptr};  // written under kSlabLock
// The newest chunk that LeakSanitizer knows; it knows all older ones.
std::atomic<const Chunk*> newest_known{nullptr};
char* chunk ABSL_GUARDED_BY(LockAt(kSlabLock)) = nullptr;
char* chunk_end ABSL_GUARDED_BY(LockAt(kSlabLock)) = nullptr;
// Bytes of all chunks so far.
size_t mapped ABSL_GUARDED_BY(LockAt(kSlabLock)) = 0;
uint32_t next_number ABSL_GUARDED_BY(LockAt(kSlabLock)) = 1;

// Returns zeroed pages at a multiple of `alignment`, or null if there are none.
char* MapAligned(size_t size, size_t alignment) {
  void* memory = mmap(nullptr, size + alignment, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  char* const start = static_cast<char*>(memory);
  const uintptr_t beyond = reinterpret_cast<uintptr_t>(start) % alignment;
  return start + (beyond == 0 ? 0 : alignment - beyond);
}

bool MapChunk() ABSL_EXCLUSIVE_LOCKS_REQUIRED(LockAt(kSlabLock)) {
  const bool huge = mapped >= kMaxInSmall;
  const size_t size = huge ? kHugeChunk : kSmallChunk;
  char* const memory = MapAligned(size, huge ? kHugeChunk : kSlabBytes);
  if (memory == nullptr) return false;
  if (huge) madvise(memory, size, MADV_HUGEPAGE);
  auto* const made = new (memory + kChunkOffset)
      Chunk{newest_chunk.load(std::memory_order_relaxed), size};
  newest_chunk.store(made, std::memory_order_release);
  chunk = memory;
  chunk_end = memory + size;
  mapped += size;
  return true;
}

bool AddSlab(int size_class) ABSL_EXCLUSIVE_LOCKS_REQUIRED(LockAt(kSlabLock)) {
  if (chunk == chunk_end && !MapChunk()) return false;
  const size_t size = kSizes[size_class];
  const size_t count = (kSlabBytes - kFirstNode) / size;
  new (chunk) SlabHeader{static_cast<uint32_t>(size_class), next_number};
  next_number += static_cast<uint32_t>(count);
  central[size_class].fresh = chunk + kFirstNode;
  central[size_class].fresh_end = chunk + kFirstNode + count * size;
  chunk += kSlabBytes;
  return true;
}

Node* TakeFresh(int size_class)
    ABSL_EXCLUSIVE_LOCKS_REQUIRED(LockAt(kSlabLock)) {
  Central& from = central[size_class];
  if (from.fresh == from.fresh_end && !AddSlab(size_class)) return nullptr;
  Node* node = new (from.fresh) Node;
  node->word.store((uint64_t{1} << kGenerationShift) | kFree,
                   std::memory_order_relaxed);
  node->epoch.store(0, std::memory_order_relaxed);
  from.fresh += kSizes[size_class];
  return node;
}

// Fills `free`, which is empty, with a chain: a returned one, or a new one in
// the order of addresses. Leaves `free` empty if there is no memory.
void TakeChain(int size_class, FreeNodes* free)
    ABSL_EXCLUSIVE_LOCKS_REQUIRED(LockAt(kSlabLock)) {
  Central& from = central[size_class];
  if (from.chains != nullptr) {
    free->chain = from.chains;
    from.chains = free->chain->newer;
    free->count = kChainLength;
    return;
  }
  for (Node** at = &free->chain; free->count < kChainLength; ++free->count) {
    Node* node = TakeFresh(size_class);
    if (node == nullptr) return;
    node->older = nullptr;
    *at = node;
    at = &node->older;
  }
}

void GiveChain(int size_class, Node* chain)
    ABSL_EXCLUSIVE_LOCKS_REQUIRED(LockAt(kSlabLock)) {
  chain->newer = central[size_class].chains;
  central[size_class].chains = chain;
}

// Returns the nodes of a thread that ends: gathers them until they fill a
// chain, and adds that to the central list.
void GiveRest(int size_class, FreeNodes* rest)
    ABSL_EXCLUSIVE_LOCKS_REQUIRED(LockAt(kSlabLock)) {
  FreeNodes& to = gathered[size_class];
  while (Node* node = rest->chain) {
    rest->chain = node->older;
    node->older = to.chain;
    to.chain = node;
    if (++to.count == kChainLength) {
      GiveChain(size_class, to.chain);
      to = FreeNodes();
    }
  }
  rest->count = 0;
}

// Makes sure that the free nodes of this thread are returned when it ends.
// Returns false if it is ending already. In a callback this waits until the
// callback's own node is released, because a dlclose() that waits for the
// callback may hold a lock that WatchThreadEnd() takes on its first call.
bool MayKeep() {
  if (this_thread.ending) return false;
  if (AnyCallback()) return true;
  if (!WatchThreadEnd()) return false;
  this_thread.keeping = true;
  return true;
}

}  // namespace

void WatchEndOfThread() { MayKeep(); }

Node* AcquireCentral(int size_class) {
  FreeNodes& free = this_thread.free[size_class];
  if (free.full != nullptr) {
    free.chain = std::exchange(free.full, nullptr);
    free.count = kChainLength;
  } else {
    MayKeep();
    LockHolder lock(LockAt(kSlabLock));
    TakeChain(size_class, &free);
  }
  Node* const node = free.chain;
  if (node == nullptr) return nullptr;
  free.chain = node->older;
  --free.count;
  if (this_thread.ending) {  // keeps none
    LockHolder lock(LockAt(kSlabLock));
    GiveRest(size_class, &free);
  }
  return node;
}

void ReleaseCentral(int size_class) {
  FreeNodes& free = this_thread.free[size_class];
  if (!this_thread.keeping && !MayKeep()) {
    LockHolder lock(LockAt(kSlabLock));
    GiveRest(size_class, &free);
    return;
  }
  if (free.count < kChainLength) return;  // its first one
  if (free.full != nullptr) {
    LockHolder lock(LockAt(kSlabLock));
    GiveChain(size_class, free.full);
  }
  free.full = std::exchange(free.chain, nullptr);
  free.count = 0;
}

void GiveBackFreeNodes() {
  this_thread.keeping = false;
  this_thread.ending = true;
  // A signal handler that interrupted this thread has called exit().
  if (LockAt(kSlabLock).HeldHere() || LockAt(kCorePoolLock).HeldHere()) return;
  DropEmptyBlock();
  LockHolder lock(LockAt(kSlabLock));
  for (int c = 0; c < kSizeClasses; ++c) {
    FreeNodes& free = this_thread.free[c];
    if (free.full != nullptr) GiveChain(c, free.full);
    free.full = nullptr;
    GiveRest(c, &free);
  }
}

uint64_t NodeNumber(const Node* node) {
  const SlabHeader* header = SlabOf(node);
  const uintptr_t offset = reinterpret_cast<uintptr_t>(node) -
                           reinterpret_cast<uintptr_t>(header) - kFirstNode;
  return header->first_number + offset / kSizes[header->size_class];
}

void KeepInheritedReachable() {
  if (!HasLeakSanitizer()) return;
  const Chunk* const newest = newest_chunk.load(std::memory_order_acquire);
  const Chunk* const known = newest_known.load(std::memory_order_relaxed);
  for (const Chunk* at = newest; at != known; at = at->older) {
    LookForPointersIn(reinterpret_cast<const char*>(at) - kChunkOffset,
                      at->size);
  }
  newest_known.store(newest, std::memory_order_relaxed);
}

void ResetCentralListsAfterFork() {
  LockHolder lock(LockAt(kSlabLock));
  for (Central& list : central) list = Central();
  for (FreeNodes& rest : gathered) rest = FreeNodes();
  chunk = chunk_end = nullptr;
}

}  // namespace finalize_internal
