#include "absl/base/attributes.h"
#include "finalize/internal/check.h"
#include "finalize/internal/core.h"
#include "finalize/internal/lifetime_list.h"
#include "finalize/internal/run.h"
#include "finalize/internal/slab.h"
#include "finalize/internal/thread_state.h"
#include "finalize/internal/word_wait.h"

namespace finalize_internal {
namespace {

// Whether `word` says that `ref` is pending.
bool IsPending(const NodeRef& ref, uint64_t word) {
  return (word & (kGenerationMask | kPendsMask)) == (ref.generation | kPending);
}

// ClaimLocked, inlined where it is gone most often. `word` is that of the node.
ABSL_ATTRIBUTE_ALWAYS_INLINE inline void TakeLocked(Lane* lane, Node* node,
                                                    uint64_t word,
                                                    NodeState to) {
  if (lane->pins != nullptr && PinnedByThisThread(*lane, node)) {
    Fatal(
        "a copy constructor of a bound argument claims the finalizer that "
        "PeekArguments() copies it from");
  }
  if (word & kParkedFlag) {
    lane->RemoveParked(node);
    word = node->word.load(std::memory_order_relaxed);
  } else {
    lane->RemovePending(node);
  }
  if ((word & kLifetimeFlag) && (to == kDetached || !(word & kRearmFlag))) {
    LifetimeList::Unlink(node);
  }
  if (to == kRunning) {
    lane->PushRunning(node);
  } else {
    ++lane->counts.detached;
  }
  node->SetWord((word & ~kStateMask) | to);
}

// Claims a node of a lifetime, for which two locks may be needed. Null also
// where it is not in `core` (null: any).
ABSL_ATTRIBUTE_NOINLINE Node* ClaimOfLifetime(const NodeRef& ref, NodeState to,
                                              const Core* core) {
  Node* const node = ref.node;
  int lifetime_lane = -1;  // a guess, checked under the locks
  for (;;) {
    const int index = Node::LaneOf(node->Word());
    LockPair locks(index, lifetime_lane >= 0 ? lifetime_lane : index);
    const uint64_t word = node->Word();
    if (!IsPending(ref, word)) return nullptr;
    if (Node::LaneOf(word) != index) continue;  // moved meanwhile
    if (core != nullptr && node->core != core->id) return nullptr;
    const int needed = node->lifetime_link().lane;
    if (needed != index && needed != lifetime_lane) {
      lifetime_lane = needed;
      continue;
    }
    ClaimLocked(&CoreAt(node->core)->LaneAt(index), node, to);
    return node;
  }
}

}  // namespace

bool PinnedByThisThread(const Lane& lane, const Node* node) {
  for (const Pin* pin = lane.pins; pin != nullptr; pin = pin->next) {
    if (pin->node == node && pin->thread == &this_thread) return true;
  }
  return false;
}

void ClaimLocked(Lane* lane, Node* node, NodeState to) {
  TakeLocked(lane, node, node->word.load(std::memory_order_relaxed), to);
}

Node* ClaimToRunIn(const Core* core, const NodeRef& ref) {
  Node* const node = ClaimOfLifetime(ref, kRunning, core);
  if (node != nullptr) AwaitUnpinned(node);
  return node;
}

void AwaitUnpinnedSlow(Node* node) {
  WaitWhile(node, kPinnedFlag, kPinnedFlag, UINT64_MAX);
}

Node* Claim(const NodeRef& ref, NodeState to) {
  Node* const node = ref.node;
  if (node == nullptr) return nullptr;
  for (;;) {
    const uint64_t word = node->Word();
    if (!IsPending(ref, word) || !IsOurs(node)) return nullptr;
    if (word & kLifetimeFlag) {
      if (ClaimOfLifetime(ref, to, nullptr) == nullptr) return nullptr;
      break;
    }
    const int index = Node::LaneOf(word);
    LockHolder lock(LockAt(index));
    const uint64_t now = node->word.load(std::memory_order_relaxed);
    if (!IsPending(ref, now)) return nullptr;
    if (Node::LaneOf(now) != index) continue;  // moved meanwhile
    TakeLocked(&CoreAt(node->core)->LaneAt(index), node, now, to);
    if ((now & kPinnedFlag) == 0) return node;
    break;
  }
  AwaitUnpinned(node);
  return node;
}

namespace {

// The locks of a running node: of its lane, on which it stays, and of its
// lifetime where it is still on the list of that.
class RunningLocks {
 public:
  explicit RunningLocks(Node* node)
      : word_(node->word.load(std::memory_order_relaxed)),
        lifetime_((word_ & kRearmFlag) ? LifetimeLaneOf(node) : -1),
        locks_(lane(), lifetime_ >= 0 ? lifetime_ : lane()) {}

  int lane() const { return Node::LaneOf(word_); }
  bool may_have_lifetime() const { return lifetime_ >= 0; }

 private:
  const uint64_t word_;
  const int lifetime_;
  LockPair locks_;
};

// The word of the next life of a node: every handle to this one is stale.
uint64_t NextLife(uint64_t word) {
  return (word & kGenerationMask) + (uint64_t{1} << kGenerationShift);
}

}  // namespace

bool TryRearm(Core* core, Node* node, bool parked) {
  uint64_t word;
  {
    RunningLocks locks(node);
    word = node->word.load(std::memory_order_relaxed);
    if (Node::StateOf(word) == kAbandoned) return false;
    Lane& lane = core->LaneAt(locks.lane());
    lane.RemoveRunning(node);
    node->SetWord((word & ~(kStateMask | kWaitedFlag)) | kPending);
    if (parked || core->drains.load(std::memory_order_acquire) != 0) {
      lane.AddParked(node, kTried);
    } else {
      lane.Insert(node);
    }
  }
  if (word & kWaitedFlag) WakeWaiters(node);
  return true;
}

void DestroyCallback(Core* core, Node* node) {
  if (node->ops->trivial) return;
  RunningFrame frame(core, node);  // its destructors still belong to its run
  node->ops->destroy(node->callable());
}

namespace {

// Takes a node whose callback is destroyed off its lane, for a holder of the
// lock of that, and begins its next life. Returns its last word.
inline uint64_t EndLifeLocked(Core* core, Node* node) {
  const uint64_t word = node->word.load(std::memory_order_relaxed);
  if (Node::StateOf(word) != kAbandoned) {
    core->LaneAt(Node::LaneOf(word)).RemoveRunning(node);
  }
  node->SetWord(NextLife(word));
  return word;
}

ABSL_ATTRIBUTE_NOINLINE uint64_t EndRepeatableLife(Core* core, Node* node) {
  RunningLocks locks(node);
  if (locks.may_have_lifetime()) LifetimeList::Unlink(node);
  return EndLifeLocked(core, node);
}

inline uint64_t EndLife(Core* core, Node* node) {
  const uint64_t word = node->word.load(std::memory_order_relaxed);
  if (word & kRearmFlag) return EndRepeatableLife(core, node);
  LockHolder lock(LockAt(Node::LaneOf(word)));
  return EndLifeLocked(core, node);
}

}  // namespace

void Retire(Core* core, Node* node) {
  const uint64_t word = EndLife(core, node);
  if (word & kWaitedFlag) WakeWaiters(node);
  ReleaseNode(node);
}

void CountFailure(Core* core, const Node* node) {
  const int index = Node::LaneOf(node->Word());
  LockHolder lock(LockAt(index));
  // One that its drain has let go: its registry may be gone.
  if (Node::StateOf(node->Word()) == kAbandoned) return;
  ++core->LaneAt(index).counts.failed;
}

void FreeNode(Node* node) {
  node->SetWord(NextLife(node->word.load(std::memory_order_relaxed)));
  ReleaseNode(node);
}

bool Finish(Core* core, Node* node, bool failed, bool parked) {
  if (!IsOurs(node)) return false;  // a callback returns in a forked child
  if (failed) CountFailure(core, node);
  if (failed && MayRearm(node) && TryRearm(core, node, parked)) return true;
  DestroyCallback(core, node);
  Retire(core, node);
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
