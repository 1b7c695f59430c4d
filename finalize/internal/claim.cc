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

// Claims a node of a lifetime, for which two locks may be needed.
Node* ClaimOfLifetime(const NodeRef& ref, NodeState to) {
  Node* const node = ref.node;
  int lifetime_lane = -1;  // a guess, checked under the locks
  for (;;) {
    const int index = Node::LaneOf(node->Word());
    LockPair locks(index, lifetime_lane >= 0 ? lifetime_lane : index);
    const uint64_t word = node->Word();
    if (!IsPending(ref, word)) return nullptr;
    if (Node::LaneOf(word) != index) continue;  // moved meanwhile
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
  if (lane->pins != nullptr && PinnedByThisThread(*lane, node)) {
    Fatal(
        "a copy constructor of a bound argument claims the finalizer that "
        "PeekArguments() copies it from");
  }
  lane->Remove(node);
  const uint64_t word = node->word.load(std::memory_order_relaxed);
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
      if (ClaimOfLifetime(ref, to) == nullptr) return nullptr;
      break;
    }
    const int index = Node::LaneOf(word);
    LockHolder lock(LockAt(index));
    const uint64_t now = node->word.load(std::memory_order_relaxed);
    if (!IsPending(ref, now)) return nullptr;
    if (Node::LaneOf(now) != index) continue;  // moved meanwhile
    ClaimLocked(&CoreAt(node->core)->LaneAt(index), node, to);
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
  RunningFrame frame(core, node);  // its destructors still belong to its run
  node->ops->destroy(node->callable());
}

void Retire(Core* core, Node* node) {
  uint64_t word;
  {
    RunningLocks locks(node);
    word = node->word.load(std::memory_order_relaxed);
    if (locks.may_have_lifetime()) LifetimeList::Unlink(node);
    if (Node::StateOf(word) != kAbandoned) {
      core->LaneAt(locks.lane()).RemoveRunning(node);
    }
    node->SetWord(NextLife(word));
  }
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
