// SPDX-License-Identifier: Apache-2.0

// Frames record which callbacks and drains are under way on which thread.
//
// A thread has blocks of frames, in memory that the library never unmaps. A
// callback gets a frame before it starts, and returns it when its finalizer is
// finished. A drain has a frame for its record (drain_context.h).
//
// Frames need not nest. A callback may be suspended (on a fiber or in a
// coroutine) while other callbacks of the thread begin and end. It may end on
// another thread, or never. So a frame holds its node and the generation of
// that node, and no address on a stack. The thread on which the callback ends
// looks for the frame among its own frames. If the frame belongs to another
// thread, it becomes void, because the generation of the node changes. Each
// function below says whether it counts void and suspended frames.
//
//                 PushFrame                   PopFrame, in any order
//     free ---------------------> in use ------------------------------> free
//                                    |  the node's next life begins on
//                                    v  another thread
//                                  void, until the frames above it are popped
//
// Confined to one thread, except: RunnerOf and AbandonFramesOf read the frames
// of other threads, as atomics that may be a moment old.
#ifndef FINALIZE_INTERNAL_NODE_FRAMES_H_
#define FINALIZE_INTERNAL_NODE_FRAMES_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "finalize/internal/node/node.h"
#include "finalize/internal/node/thread_state.h"

namespace finalize_internal {

struct Core;
struct DrainContext;

// In Frame::life, beside a generation: the node holds the record of a drain.
constexpr uint64_t kDrainFrame = 1;

struct Frame {
  std::atomic<Node*> node;     // null: returned, but below other frames
  std::atomic<uint64_t> life;  // its generation, in place; kDrainFrame
  // For a callback that a drain runs: the DrainContext on the stack of that
  // drain, to be used only by functions that the callback calls
  // (DrainOfCallback). For a drain: its core.
  void* detail;
};

constexpr size_t kFramesInBlock = 160;

struct FrameBlock {
  std::atomic<FrameBlock*> next;  // of all blocks
  FrameBlock* below;              // of the same thread; or the next free one
  std::atomic<int> thread;        // gettid(); 0: not in use
  std::atomic<uint32_t> count;    // frames in use, and void ones under them
  Frame frames[kFramesInBlock];
};
static_assert(sizeof(FrameBlock) <= 4096, "a block is a page");

// Makes room for a frame. Returns false if there is no memory for it.
bool AddFrameBlock();

// Adds a frame. If there is no memory for it, the library does not know that
// this thread runs the callback.
inline void PushFrame(Node* node, uint64_t life, void* detail = nullptr) {
  FrameBlock* block = this_thread.frames;
  if (__builtin_expect(
          block == nullptr ||
              block->count.load(std::memory_order_relaxed) == kFramesInBlock,
          false)) {
    if (!AddFrameBlock()) return;
    block = this_thread.frames;
  }
  const uint32_t count = block->count.load(std::memory_order_relaxed);
  Frame& frame = block->frames[count];
  frame.node.store(node, std::memory_order_relaxed);
  frame.life.store(life, std::memory_order_relaxed);
  frame.detail = detail;
  block->count.store(count + 1, std::memory_order_release);
}

// Returns the newest frame of `node`, if this thread has one, to the free
// frames.
void PopOtherFrame(Node* node);
inline void PopFrame(Node* node) {
  FrameBlock* const block = this_thread.frames;
  if (block == nullptr) return;
  const uint32_t count = block->count.load(std::memory_order_relaxed);
  if (count + this_thread.keeping > 1 &&
      block->frames[count - 1].node.load(std::memory_order_relaxed) == node) {
    block->count.store(count - 1, std::memory_order_release);
  } else {
    PopOtherFrame(node);
  }
}

// Returns the node of this thread's newest frame, valid or void; null if there
// is no frame.
const Node* NewestFrame();

// Returns how many frames this thread has, void ones included.
size_t CountFrames();

// Returns whether this thread works on a drain of `core`. If so, it may
// register as a running callback may, for example from the failure reporter.
bool DrainsOnThisThread(const Core* core);

// Returns the drain that runs the callback whose callable is at `callable`;
// null if something else runs it, inside a drain or not. Only for that
// callback.
DrainContext* DrainOfCallback(const void* callable);

// Calls visit(node, life, frame) for each frame in a block, newest first. If
// visit returns false, stops and returns false.
template <class Visit>
bool VisitBlock(const FrameBlock* block, Visit visit) {
  for (uint32_t i = block->count.load(std::memory_order_acquire); i-- > 0;) {
    const Frame& frame = block->frames[i];
    Node* const node = frame.node.load(std::memory_order_relaxed);
    if (node == nullptr) continue;
    const uint64_t life = frame.life.load(std::memory_order_relaxed);
    if (!visit(node, life, frame)) return false;
  }
  return true;
}

// The same for the frames of this thread.
template <class Visit>
void VisitFrames(Visit visit) {
  const FrameBlock* block = this_thread.frames;
  while (block != nullptr && VisitBlock(block, visit)) block = block->below;
}

// Returns whether a frame is not void: its node is running, or was never
// pending (it was refused, and runs at once), or holds the record of a drain.
inline bool IsValidFrame(const Node* node, uint64_t life) {
  const uint64_t word = node->Word();
  return ((word ^ life) & kGenerationMask) == 0 &&
         ((word & kRunsMask) == kRunning || Node::StateOf(word) == kFree);
}

// Returns whether `accepts` returns true for the node of some callback that is
// under way on this thread, running or suspended.
template <class Accepts>
bool AnyCallbackThat(Accepts accepts) {
  bool found = false;
  VisitFrames([&](Node* node, uint64_t life, const Frame&) {
    found =
        (life & kDrainFrame) == 0 && IsValidFrame(node, life) && accepts(node);
    return !found;
  });
  return found;
}

// Returns whether any callback is under way on this thread.
// RunsOnThisThread(node), in spent.h, asks for a given one.
bool AnyCallback();

// Returns whether `node` belongs to `core` and is running.
bool IsOf(const Core* core, const Node* node);

// Returns whether a callback of `core` is under way on this thread. A callback
// that its drain has abandoned does not count, because another registry may
// have the core by now. IsBelowCallbackOf(core), in stack_mark.h, asks for this
// very stack.
bool RunsCallbackOf(const Core* core);

// Returns the thread, as gettid() names it, on which the callback of a node
// began; 0 if that is not known. The caller holds the lock of the node's lane.
int RunnerOf(const Node* node);

// Returns the newest of all blocks. The others follow by `next`.
FrameBlock* NewestBlock();

// Stores the new id of this thread. For the child of a fork.
void RenameFrames();

// Returns all frames of this thread, and its blocks, to the free ones.
void DropFrames();
// Does the same if this thread has no frames.
void DropEmptyBlock();

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_NODE_FRAMES_H_
