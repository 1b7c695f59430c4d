// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/node/frames.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <new>

#include "absl/base/attributes.h"
#include "finalize/internal/base/lock.h"
#include "finalize/internal/node/core.h"

namespace finalize_internal {
namespace {

constexpr size_t kBlocksAtOnce = 16;

ABSL_CONST_INIT std::atomic<FrameBlock*> newest_block{nullptr};
FrameBlock* free_blocks ABSL_GUARDED_BY(LockAt(kCorePoolLock)) = nullptr;
// Mapped, and not touched yet.
FrameBlock* fresh ABSL_GUARDED_BY(LockAt(kCorePoolLock)) = nullptr;
FrameBlock* fresh_end ABSL_GUARDED_BY(LockAt(kCorePoolLock)) = nullptr;

// Returns a block that was never used, or null if there is no memory.
FrameBlock* MakeBlock() ABSL_EXCLUSIVE_LOCKS_REQUIRED(LockAt(kCorePoolLock)) {
  if (fresh == fresh_end) {
    void* const memory =
        mmap(nullptr, kBlocksAtOnce * sizeof(FrameBlock),
             PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return nullptr;
    fresh = static_cast<FrameBlock*>(memory);
    fresh_end = fresh + kBlocksAtOnce;
  }
  FrameBlock* const block = new (fresh++) FrameBlock;
  block->thread.store(0, std::memory_order_relaxed);
  block->count.store(0, std::memory_order_relaxed);
  block->next.store(newest_block.load(std::memory_order_relaxed),
                    std::memory_order_relaxed);
  newest_block.store(block, std::memory_order_release);
  return block;
}

void FreeBlock(FrameBlock* block) {
  LockHolder lock(LockAt(kCorePoolLock));
  block->thread.store(0, std::memory_order_relaxed);
  block->count.store(0, std::memory_order_relaxed);
  block->below = free_blocks;
  free_blocks = block;
}

// Frees this thread's newest blocks as long as they are empty. Keeps the last
// one if the library learns of the end of the thread, which frees it.
void TrimBlocks() {
  while (FrameBlock* const block = this_thread.frames) {
    uint32_t count = block->count.load(std::memory_order_relaxed);
    while (count > 0 && block->frames[count - 1].node.load(
                            std::memory_order_relaxed) == nullptr) {
      --count;
    }
    block->count.store(count, std::memory_order_release);
    if (count > 0 || (block->below == nullptr && this_thread.keeping)) return;
    this_thread.frames = block->below;
    FreeBlock(block);
  }
}

}  // namespace

FrameBlock* NewestBlock() {
  return newest_block.load(std::memory_order_acquire);
}

bool AddFrameBlock() {
  FrameBlock* block;
  {
    LockHolder lock(LockAt(kCorePoolLock));
    block = free_blocks;
    if (block != nullptr) {
      free_blocks = block->below;
    } else {
      block = MakeBlock();
    }
  }
  if (block == nullptr) return false;
  block->below = this_thread.frames;
  block->thread.store(static_cast<int>(syscall(SYS_gettid)),
                      std::memory_order_relaxed);
  this_thread.frames = block;
  return true;
}

FINALIZE_OWN_FRAME void PopOtherFrame(Node* node) {
  for (FrameBlock* block = this_thread.frames; block != nullptr;
       block = block->below) {
    for (uint32_t i = block->count.load(std::memory_order_relaxed); i-- > 0;) {
      if (block->frames[i].node.load(std::memory_order_relaxed) != node) {
        continue;
      }
      block->frames[i].node.store(nullptr, std::memory_order_relaxed);
      TrimBlocks();
      return;
    }
  }
}

const Node* NewestFrame() {
  const Node* newest = nullptr;
  VisitFrames([&](Node* node, uint64_t, const Frame&) {
    newest = node;
    return false;
  });
  return newest;
}

size_t CountFrames() {
  size_t count = 0;
  for (const FrameBlock* block = this_thread.frames; block != nullptr;
       block = block->below) {
    count += block->count.load(std::memory_order_relaxed);
  }
  return count;
}

bool IsOf(const Core* core, const Node* node) {
  return node->core == core->id && Node::StateOf(node->Word()) == kRunning;
}

bool AnyCallback() {
  return AnyCallbackThat([](const Node*) { return true; });
}

bool RunsCallbackOf(const Core* core) {
  return AnyCallbackThat([core](const Node* node) { return IsOf(core, node); });
}

bool DrainsOnThisThread(const Core* core) {
  bool found = false;
  VisitFrames([&](Node* node, uint64_t life, const Frame& frame) {
    found = (life & kDrainFrame) != 0 && frame.detail == core &&
            IsValidFrame(node, life);
    return !found;
  });
  return found;
}

DrainContext* DrainOfCallback(const void* callable) {
  const char* const at = static_cast<const char*>(callable);
  void* found = nullptr;
  VisitFrames([&](Node* node, uint64_t life, const Frame& frame) {
    if ((life & kDrainFrame) || !IsValidFrame(node, life)) return true;
    const char* const begin = static_cast<char*>(node->callable());
    if (at < begin || at >= begin + node->ops->size) return true;
    found = frame.detail;
    return false;
  });
  return static_cast<DrainContext*>(found);
}

int RunnerOf(const Node* node) {
  for (FrameBlock* block = NewestBlock(); block != nullptr;
       block = block->next.load(std::memory_order_acquire)) {
    const int thread = block->thread.load(std::memory_order_relaxed);
    if (thread == 0) continue;
    const bool missing =
        VisitBlock(block, [&](Node* other, uint64_t life, const Frame&) {
          return other != node || !IsValidFrame(node, life);
        });
    if (!missing) return thread;
  }
  return 0;
}

void RenameFrames() {
  const int thread = static_cast<int>(syscall(SYS_gettid));
  for (FrameBlock* block = this_thread.frames; block != nullptr;
       block = block->below) {
    block->thread.store(thread, std::memory_order_relaxed);
  }
}

void DropFrames() {
  while (FrameBlock* const block = this_thread.frames) {
    this_thread.frames = block->below;
    FreeBlock(block);
  }
}

void DropEmptyBlock() {
  FrameBlock* const block = this_thread.frames;
  if (block == nullptr || CountFrames() != 0) return;
  DropFrames();
}

}  // namespace finalize_internal
