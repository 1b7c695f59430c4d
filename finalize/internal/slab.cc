#include "finalize/internal/slab.h"

#include <sys/mman.h>

#include <atomic>
#include <new>
#include <utility>

#include "absl/base/attributes.h"
#include "finalize/internal/lock.h"
#include "finalize/internal/thread_end.h"

namespace finalize_internal {
namespace {

constexpr size_t kChunkBytes = 16 * kSlabBytes;
constexpr size_t kFirstNode = 64;
static_assert(sizeof(SlabHeader) <= kFirstNode, "nodes start on a cache line");

// The nodes that no thread keeps: chains given back, linked through `newer` of
// their first nodes, and the untouched rest of the newest slab.
struct Central {
  Node* chains ABSL_GUARDED_BY(LockAt(kSlabLock)) = nullptr;
  char* fresh ABSL_GUARDED_BY(LockAt(kSlabLock)) = nullptr;
  char* fresh_end ABSL_GUARDED_BY(LockAt(kSlabLock)) = nullptr;
};
ABSL_CONST_INIT Central central[kSizeClasses];
// Nodes of threads that ended, until they make a chain.
ABSL_CONST_INIT FreeNodes
    gathered[kSizeClasses] ABSL_GUARDED_BY(LockAt(kSlabLock));
char* chunk ABSL_GUARDED_BY(LockAt(kSlabLock)) = nullptr;
char* chunk_end ABSL_GUARDED_BY(LockAt(kSlabLock)) = nullptr;
uint32_t next_number ABSL_GUARDED_BY(LockAt(kSlabLock)) = 1;

// Maps a chunk aligned to kSlabBytes. The kernel gives zeroed pages.
bool MapChunk() ABSL_EXCLUSIVE_LOCKS_REQUIRED(LockAt(kSlabLock)) {
  void* memory = mmap(nullptr, kChunkBytes + kSlabBytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return false;
  const uintptr_t start = reinterpret_cast<uintptr_t>(memory);
  const uintptr_t aligned = (start + kSlabBytes - 1) & ~(kSlabBytes - 1);
  chunk = reinterpret_cast<char*>(aligned);
  chunk_end = chunk + kChunkBytes;
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

// Takes a chain into `free`, which is empty: one given back, or a new one, in
// the order of addresses. Leaves it empty where there is no memory.
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

// Fills a chain that is not full up with what there is, and gives it back:
// the nodes of a thread that ends.
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

// Makes sure that what the thread keeps goes back. False where it ends already.
bool MayKeep() {
  if (this_thread.ending || !WatchThreadEnd()) return false;
  this_thread.keeping = true;
  return true;
}

}  // namespace

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

void ForgetCentralLists() {
  LockHolder lock(LockAt(kSlabLock));
  for (Central& list : central) list = Central();
  for (FreeNodes& rest : gathered) rest = FreeNodes();
  chunk = chunk_end = nullptr;
}

}  // namespace finalize_internal
