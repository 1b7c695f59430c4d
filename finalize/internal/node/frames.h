// Frames: which callbacks and drains are under way on which thread.
//
// A thread has a block of frames, in memory of the library's that is never
// unmapped. A callback gets a frame before it starts and gives it back when its
// finalizer is finished; a drain has one for its record (drain_context.h).
//
// Frames need not nest. A callback may be suspended (on a fibre, a coroutine)
// while others of the thread begin and end; it may end on another thread, or
// never. So a frame names its node and that node's generation, and nothing on a
// stack: the thread on which the callback ends looks for the frame among its
// own, and where it is another thread's it is void by the generation. What may
// still be void or suspended is for each question below to say.
//
//                 PushFrame                   PopFrame, in any order
//     free ---------------------> in use ------------------------------> free
//                                    |  the node's next life begins on
//                                    v  another thread
//                                  void, until the frames above it are popped
//
// Confined to its thread, but for RunnerOf and AbandonFramesOf, which read the
// frames of others: those are published as atomics, and may be a moment old.
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
  std::atomic<Node*> node;     // null: given back, under others
  std::atomic<uint64_t> life;  // its generation, in place; kDrainFrame
  // Of a callback that a drain runs: the DrainContext, on the stack of that
  // drain, to be used only below the callback (DrainOfCallback). Of a drain:
  // its core.
  void* detail;
};

constexpr size_t kFramesInBlock = 160;

struct FrameBlock {
  std::atomic<FrameBlock*> next;  // of all blocks
  FrameBlock* below;              // of the same thread; or the next free one
  std::atomic<int> thread;        // gettid(); 0: in use by none
  std::atomic<uint32_t> count;    // frames in use, and void ones under them
  Frame frames[kFramesInBlock];
};
static_assert(sizeof(FrameBlock) <= 4096, "a block is a page");

// Makes room for a frame. False where there is no memory for it.
bool AddFrameBlock();

// Adds a frame; where there is no memory for it the callback counts as one
// that this thread does not run.
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

// Gives the newest frame of `node` back, if this thread has one.
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

// The node of this thread's newest frame, whatever that is; null for none.
const Node* NewestFrame();

// How many frames this thread has, void ones included.
size_t CountFrames();

// Whether this thread works on a drain of `core`: it may register as a running
// callback may, from the failure reporter.
bool DrainsOnThisThread(const Core* core);

// The drain that runs the callback whose callable is at `callable`, for that
// callback; null where something else runs it, inside a drain or not.
DrainContext* DrainOfCallback(const void* callable);

// Calls visit(node, life, frame) for each frame in a block, newest first; stops
// where it returns false, and returns that.
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

// Whether a frame is not void: its node is running, or has never been pending
// (it was refused, and runs at once), or holds the record of a drain.
inline bool IsValidFrame(const Node* node, uint64_t life) {
  const uint64_t word = node->Word();
  return ((word ^ life) & kGenerationMask) == 0 &&
         ((word & kRunsMask) == kRunning || Node::StateOf(word) == kFree);
}

// Whether `accepts` takes the node of a callback of this thread's that is under
// way: running or suspended.
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

// Whether any callback of this thread's is under way. RunsOnThisThread(node),
// in spent.h, asks for one.
bool AnyCallback();

// Whether a node is a running one of `core`.
bool IsOf(const Core* core, const Node* node);

// Whether a callback of `core` is under way on this thread. One that its drain
// has left behind does not count: another registry may have the core by now.
// IsBelowCallbackOf(core), in stack_mark.h, asks for this very stack.
bool RunsCallbackOf(const Core* core);

// The thread, as gettid() names it, on which the callback of a node began; 0
// where that is not known. For a holder of the node's lane's lock.
int RunnerOf(const Node* node);

// The newest of all blocks, which lead to the others by `next`.
FrameBlock* NewestBlock();

// For the child of a fork: this thread has another name there.
void RenameFrames();

// Gives back all frames of this thread, and its block.
void DropFrames();
// Gives back its block, if it has no frames.
void DropEmptyBlock();

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_NODE_FRAMES_H_
