#include "finalize/internal/slab.h"

#include <sys/mman.h>

#include <atomic>
#include <new>

#include "finalize/internal/lock.h"

namespace finalize_internal {
namespace {

constexpr size_t kSlabBytes = 64 * 1024;
constexpr size_t kChunkBytes = 16 * kSlabBytes;
constexpr uint32_t kBatch = 32;
constexpr uint32_t kMostKept = 2 * kBatch;

// What opens a slab. Slabs are aligned to their size, so that a node finds it.
struct SlabHeader {
  uint32_t size_class;
  uint32_t first_number;
};
constexpr size_t kFirstNode = 64;
static_assert(sizeof(SlabHeader) <= kFirstNode, "nodes start on a cache line");

// The nodes that no thread keeps: given back ones, and the untouched rest of
// the newest slab.
struct Central {
  Node* free ABSL_GUARDED_BY(LockAt(kSlabLock)) = nullptr;
  char* fresh ABSL_GUARDED_BY(LockAt(kSlabLock)) = nullptr;
  char* fresh_end ABSL_GUARDED_BY(LockAt(kSlabLock)) = nullptr;
};
Central central[kSizeClasses];
char* chunk ABSL_GUARDED_BY(LockAt(kSlabLock)) = nullptr;
char* chunk_end ABSL_GUARDED_BY(LockAt(kSlabLock)) = nullptr;
uint32_t next_number ABSL_GUARDED_BY(LockAt(kSlabLock)) = 1;

SlabHeader* HeaderOf(const Node* node) {
  return reinterpret_cast<SlabHeader*>(reinterpret_cast<uintptr_t>(node) &
                                       ~(kSlabBytes - 1));
}

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

Node* TakeCentral(int size_class)
    ABSL_EXCLUSIVE_LOCKS_REQUIRED(LockAt(kSlabLock)) {
  Central& from = central[size_class];
  if (from.free != nullptr) {
    Node* node = from.free;
    from.free = node->older;
    return node;
  }
  if (from.fresh == from.fresh_end && !AddSlab(size_class)) return nullptr;
  Node* node = new (from.fresh) Node;
  node->word.store((uint64_t{1} << kGenerationShift) | kFree,
                   std::memory_order_relaxed);
  node->epoch.store(0, std::memory_order_relaxed);
  from.fresh += kSizes[size_class];
  return node;
}

// Gives the thread's free nodes back when it ends.
struct ThreadEnd {
  ~ThreadEnd() {
    this_thread.ending = true;
    LockHolder lock(LockAt(kSlabLock));
    for (int c = 0; c < kSizeClasses; ++c) {
      while (Node* node = this_thread.free[c]) {
        this_thread.free[c] = node->older;
        node->older = central[c].free;
        central[c].free = node;
      }
      this_thread.free_count[c] = 0;
    }
  }
  void Touch() {}
};
thread_local ThreadEnd thread_end;

// Takes one node for the caller and, unless the thread is ending, a batch to
// keep.
Node* AcquireSlow(int size_class) {
  if (!this_thread.ending) thread_end.Touch();
  LockHolder lock(LockAt(kSlabLock));
  Node* result = TakeCentral(size_class);
  if (result == nullptr || this_thread.ending) return result;
  for (uint32_t i = 1; i < kBatch; ++i) {
    Node* node = TakeCentral(size_class);
    if (node == nullptr) break;
    node->older = this_thread.free[size_class];
    this_thread.free[size_class] = node;
    ++this_thread.free_count[size_class];
  }
  return result;
}

// Gives a batch back, the most recently released nodes first.
void ReleaseBatch(int size_class, uint32_t count) {
  LockHolder lock(LockAt(kSlabLock));
  for (uint32_t i = 0; i < count; ++i) {
    Node* node = this_thread.free[size_class];
    this_thread.free[size_class] = node->older;
    --this_thread.free_count[size_class];
    node->older = central[size_class].free;
    central[size_class].free = node;
  }
}

}  // namespace

Node* AcquireNode(size_t bytes) {
  const int size_class = SizeClassFor(bytes);
  Node* node = this_thread.free[size_class];
  if (node == nullptr) return AcquireSlow(size_class);
  this_thread.free[size_class] = node->older;
  --this_thread.free_count[size_class];
  return node;
}

void ReleaseNode(Node* node) {
  const int size_class = static_cast<int>(HeaderOf(node)->size_class);
  node->older = this_thread.free[size_class];
  this_thread.free[size_class] = node;
  const uint32_t kept = ++this_thread.free_count[size_class];
  if (this_thread.ending) {
    ReleaseBatch(size_class, 1);
  } else if (kept > kMostKept) {
    ReleaseBatch(size_class, kBatch);
  }
}

uint64_t NodeNumber(const Node* node) {
  const SlabHeader* header = HeaderOf(node);
  const uintptr_t offset = reinterpret_cast<uintptr_t>(node) -
                           reinterpret_cast<uintptr_t>(header) - kFirstNode;
  return header->first_number + offset / kSizes[header->size_class];
}

void ForgetCentralLists() {
  LockHolder lock(LockAt(kSlabLock));
  for (Central& list : central) list = Central();
  chunk = chunk_end = nullptr;
}

}  // namespace finalize_internal
