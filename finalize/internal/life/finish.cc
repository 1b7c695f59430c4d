// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/life/finish.h"

#include "absl/base/attributes.h"
#include "finalize/internal/life/lifetime_list.h"
#include "finalize/internal/life/run.h"
#include "finalize/internal/life/spent.h"
#include "finalize/internal/life/stack_mark.h"
#include "finalize/internal/node/core.h"
#include "finalize/internal/node/frames.h"
#include "finalize/internal/node/node_wait.h"
#include "finalize/internal/node/slab.h"

namespace finalize_internal {
namespace {

// Holds the locks of a running node: that of its lane, on which it stays, and
// that of its lifetime if it may still be on the list of that.
class RunningLocks {
 public:
  explicit RunningLocks(Node* node)
      : word_(node->word.load(std::memory_order_relaxed)),
        lifetime_((word_ & kRetryableFlag) ? LifetimeLaneOf(node) : -1),
        locks_(lane(), lifetime_ >= 0 ? lifetime_ : lane()) {}

  int lane() const { return Node::LaneOf(word_); }
  bool may_have_lifetime() const { return lifetime_ >= 0; }

 private:
  const uint64_t word_;
  const int lifetime_;
  LockPair locks_;
};

// Returns the word of the next generation of a node, which makes every handle
// to the present one stale.
uint64_t NextLife(uint64_t word) {
  return (word & kGenerationMask) + (uint64_t{1} << kGenerationShift);
}

}  // namespace

FINALIZE_OWN_FRAME bool ReturnToPending(Core* core, Node* node,
                                        bool set_aside) {
  uint64_t word;
  {
    RunningLocks locks(node);
    word = node->word.load(std::memory_order_relaxed);
    if (Node::StateOf(word) == kAbandoned) return false;
    PopFrame(node);
    Lane& lane = core->LaneAt(locks.lane());
    lane.RemoveRunning(node);
    node->SetWord((word & ~(kStateMask | kWaitedFlag)) | kPending);
    if (set_aside || core->drains.load(std::memory_order_acquire) != 0) {
      lane.AddSetAside(node, kTried);
    } else {
      lane.Insert(node);
    }
  }
  if (word & kWaitedFlag) WakeWaiters(node);
  return true;
}

// The frame stays until the caller pops it, because the destructors belong to
// the run.
FINALIZE_OWN_FRAME ABSL_ATTRIBUTE_NO_SANITIZE_ADDRESS void DestroyCallback(
    Node* node) {
  if (node->ops->trivial) return;
  StackMark mark(node, RefTo(node).generation);
  node->ops->destroy(node->callable());
}

namespace {

// Takes a node whose callback is destroyed off its lane, and begins its next
// generation. The caller holds the lock of the lane. Returns the last word.
inline uint64_t EndLifeLocked(Core* core, Node* node) {
  const uint64_t word = node->word.load(std::memory_order_relaxed);
  if (Node::StateOf(word) != kAbandoned) {
    core->LaneAt(Node::LaneOf(word)).RemoveRunning(node);
  }
  node->SetWord(NextLife(word));
  return word;
}

ABSL_ATTRIBUTE_NOINLINE uint64_t EndRetryableLife(Core* core, Node* node) {
  RunningLocks locks(node);
  if (locks.may_have_lifetime()) LifetimeList::Unlink(node);
  return EndLifeLocked(core, node);
}

inline uint64_t EndLife(Core* core, Node* node) {
  const uint64_t word = node->word.load(std::memory_order_relaxed);
  if (word & kRetryableFlag) return EndRetryableLife(core, node);
  LockHolder lock(LockAt(Node::LaneOf(word)));
  return EndLifeLocked(core, node);
}

// Retire, inlined into its most frequent callers.
ABSL_ATTRIBUTE_ALWAYS_INLINE inline bool EndAndRelease(Core* core, Node* node) {
  PopFrame(node);
  const uint64_t word = EndLife(core, node);
  if (word & kWaitedFlag) WakeWaiters(node);
  ReleaseNode(node);
  return Node::StateOf(word) != kAbandoned;
}

}  // namespace

FINALIZE_OWN_FRAME void DropFrame(Node* node) { PopFrame(node); }

FINALIZE_OWN_FRAME bool Retire(Core* core, Node* node) {
  return EndAndRelease(core, node);
}

bool DestroyAndRetire(Core* core, Node* node) {
  DestroyCallback(node);
  if (IsOurs(node)) return Retire(core, node);
  DropFrame(node);
  return true;
}

void CountFailure(Core* core, const Node* node) {
  const int index = Node::LaneOf(node->Word());
  LockHolder lock(LockAt(index));
  // If its drain has abandoned it, its registry may have been destroyed.
  if (Node::StateOf(node->Word()) == kAbandoned) return;
  ++core->LaneAt(index).counts.failed;
}

FINALIZE_OWN_FRAME void FreeNode(Node* node) {
  node->SetWord(NextLife(node->word.load(std::memory_order_relaxed)));
  ReleaseNode(node);
}

FINALIZE_OWN_FRAME void FinishRan(Core* core, Node* node) {
  if (!IsOurs(node)) {  // a callback returns in a forked child
    DropFrame(node);
  } else if (node->ops->trivial) {
    EndAndRelease(core, node);
  } else {
    DestroyAndRetire(core, node);
  }
}

FINALIZE_OWN_FRAME void FinishAtEnd(Core* core, Node* node) {
  if (!IsOurs(node)) {
    DropFrame(node);
  } else if (node->ops->trivial) {
    EndAndRelease(core, node);
  } else {
    DestroySpent(core, node);
  }
}

bool FinishFailed(Core* core, Node* node, void (*finish)(Core*, Node*)) {
  if (IsOurs(node)) {
    CountFailure(core, node);
    if (IsRetryable(node) && ReturnToPending(core, node, /*set_aside=*/false))
      return true;
  }
  finish(core, node);
  return false;
}

bool Abandon(Core* core, const NodeRef& ref) {
  const int lane_index = Node::LaneOf(ref.node->Word());
  LockHolder lock(LockAt(lane_index));
  const uint64_t word = ref.node->Word();
  if (!ref.Matches(word) || Node::StateOf(word) != kRunning) return false;
  core->LaneAt(lane_index).RemoveRunning(ref.node);
  ref.node->SetWord((word & ~kWaitedFlag) ^ (kRunning ^ kAbandoned));
  if (word & kWaitedFlag) WakeWaiters(ref.node);  // a drain may wait for it
  return true;
}

}  // namespace finalize_internal
