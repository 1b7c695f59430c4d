// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/life/claim.h"

#include "absl/base/attributes.h"
#include "finalize/internal/base/check.h"
#include "finalize/internal/life/lifetime_list.h"
#include "finalize/internal/node/core.h"
#include "finalize/internal/node/fork_epoch.h"
#include "finalize/internal/node/node_wait.h"
#include "finalize/internal/node/thread_state.h"

namespace finalize_internal {
namespace {

// Returns whether `word` says that `ref` is pending.
bool IsPending(const NodeRef& ref, uint64_t word) {
  return (word & (kGenerationMask | kPendsMask)) == (ref.generation | kPending);
}

// ClaimLocked, inlined into its most frequent callers. `word` is the word of
// the node. `linked` says whether the node may be on the list of a lifetime.
ABSL_ATTRIBUTE_ALWAYS_INLINE inline void TakeLocked(Lane* lane, Node* node,
                                                    uint64_t word, bool linked,
                                                    NodeState to) {
  if (lane->pins != nullptr && PinnedByThisThread(*lane, node)) {
    Fatal(
        "a copy constructor of a bound argument claims the finalizer that "
        "PeekArguments() copies it from");
  }
  if (word & kSetAsideFlag) {
    lane->RemoveSetAside(node);
    word = node->word.load(std::memory_order_relaxed);
  } else {
    lane->RemovePending(node);
  }
  if (to == kRunning) {
    lane->PushRunning(node);
  } else {
    ++lane->counts.detached;
  }
  node->SetWord((word & ~kStateMask) | to);
  // After the store of the word: a thread that finds the list empty, without a
  // lock, and then reads the finalizer, sees that it is claimed.
  if (linked && (to == kDetached || !(word & kRetryableFlag))) {
    LifetimeList::Unlink(node);
  }
}

// Claims a node of a lifetime, for which two locks may be needed: that of the
// node's lane, and that of the lifetime's. Returns null also if the node is not
// in `core` (null: any).
//
// The lane of the lifetime is stored in the node, so it can be read only under
// the lock of the node's lane, while the node is pending. And LockPair has to
// take the lower lock first. So the first round takes one lock and reads the
// other index; if they differ, the next round takes both, and checks everything
// again, because meanwhile the node may have been claimed, or moved to another
// registry and so to another lane. The index of the lifetime stays right for as
// long as the node is pending: a lifetime that is moved keeps its lane
// (LifetimeList::TakeFrom).
ABSL_ATTRIBUTE_NOINLINE Node* ClaimOfLifetime(const NodeRef& ref, NodeState to,
                                              const Core* core) {
  Node* const node = ref.node;
  int lifetime_lane = -1;  // not known yet
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

FINALIZE_OWN_FRAME bool PinnedByThisThread(const Lane& lane, const Node* node) {
  for (const Pin* pin = lane.pins; pin != nullptr; pin = pin->next) {
    if (pin->node == node && pin->thread == &this_thread) return true;
  }
  return false;
}

void ClaimLocked(Lane* lane, Node* node, NodeState to) {
  const uint64_t word = node->word.load(std::memory_order_relaxed);
  TakeLocked(lane, node, word, (word & kLifetimeFlag) != 0, to);
}

Node* ClaimToRunIn(const Core* core, const NodeRef& ref) {
  Node* const node = ClaimOfLifetime(ref, kRunning, core);
  if (node != nullptr) AwaitUnpinned(node);
  return node;
}

void AwaitUnpinnedSlow(Node* node) {
  WaitWhile(node, kPinnedFlag, kPinnedFlag, UINT64_MAX);
}

namespace {

// ClaimToRun and ClaimToDetach.
template <NodeState kTo>
inline Node* ClaimTo(const NodeRef& ref) {
  Node* const node = ref.node;
  if (node == nullptr) return nullptr;
  for (;;) {
    const uint64_t word = node->Word();
    if (!IsPending(ref, word) || !IsOurs(node)) return nullptr;
    if (word & kLifetimeFlag) {
      if (ClaimOfLifetime(ref, kTo, nullptr) == nullptr) return nullptr;
      break;
    }
    const int index = Node::LaneOf(word);
    LockHolder lock(LockAt(index));
    const uint64_t now = node->word.load(std::memory_order_relaxed);
    if (!IsPending(ref, now)) return nullptr;
    if (Node::LaneOf(now) != index) continue;  // moved meanwhile
    TakeLocked(&CoreAt(node->core)->LaneAt(index), node, now,
               /*linked=*/false, kTo);
    if ((now & kPinnedFlag) == 0) return node;
    break;
  }
  AwaitUnpinned(node);
  return node;
}

}  // namespace

Node* ClaimToRun(const NodeRef& ref) { return ClaimTo<kRunning>(ref); }
Node* ClaimToDetach(const NodeRef& ref) { return ClaimTo<kDetached>(ref); }

namespace {

// ClaimNewestOf, if the finalizer may be on another lane than its lifetime.
ABSL_ATTRIBUTE_NOINLINE Node* ClaimNewestAnywhere(LifetimeList* list) {
  for (int other_lane = list->lane;;) {
    LockPair locks(list->lane, other_lane);
    Node* const node = list->newest;
    if (node == nullptr) return nullptr;
    if (!IsOurs(node)) {  // the ones below it are inherited, too
      ForbidAdopting(node->epoch.load(std::memory_order_relaxed));
      return nullptr;
    }
    const uint64_t word = node->Word();
    if (!Node::Pends(word)) {
      LifetimeList::Unlink(
          node);  // runs elsewhere, and may become pending again
      continue;
    }
    const int lane_index = Node::LaneOf(word);
    if (lane_index != list->lane && lane_index != other_lane) {
      other_lane = lane_index;
      continue;
    }
    LifetimeList::Unlink(node);
    ClaimLocked(&CoreAt(node->core)->LaneAt(lane_index), node, kRunning);
    return node;
  }
}

}  // namespace

Node* ClaimNewestOf(LifetimeList* list) {
  {
    LockHolder lock(LockAt(list->lane));
    Node* const node = list->newest;
    if (node == nullptr) return nullptr;
    const uint64_t word = node->word.load(std::memory_order_relaxed);
    if (IsOurs(node) && Node::Pends(word) && Node::LaneOf(word) == list->lane) {
      LifetimeList::Unlink(node);
      TakeLocked(&CoreAt(node->core)->LaneAt(list->lane), node, word,
                 /*linked=*/false, kRunning);
      return node;
    }
  }
  return ClaimNewestAnywhere(list);
}

}  // namespace finalize_internal
