// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/inspect/pin.h"

#include "finalize/internal/node/node_wait.h"
#include "finalize/internal/node/thread_state.h"

namespace finalize_internal {
namespace {

// Removes a pin. Returns whether the same node has other pins.
bool RemovePin(Lane* lane, const Pin* pin) {
  bool others = false;
  for (Pin** at = &lane->pins; *at != nullptr;) {
    if (*at == pin) {
      *at = pin->next;
    } else {
      others |= (*at)->node == pin->node;
      at = &(*at)->next;
    }
  }
  return others;
}

}  // namespace

PendingLane::PendingLane(const NodeRef& ref) ABSL_NO_THREAD_SAFETY_ANALYSIS {
  if (ref.node == nullptr) return;
  for (;;) {
    const uint64_t word = ref.node->Word();
    if (!IsPending(ref, word) || !IsOurs(ref.node)) return;
    const int index = Node::LaneOf(word);
    LockAt(index).Acquire();
    const uint64_t now = ref.node->Word();
    if (IsPending(ref, now) && Node::LaneOf(now) == index) {
      index_ = index;
      lane_ = &CoreAt(ref.node->core)->LaneAt(index);
      return;
    }
    LockAt(index).Release();
  }
}

PendingLane::~PendingLane() ABSL_NO_THREAD_SAFETY_ANALYSIS {
  if (lane_ != nullptr) LockAt(index_).Release();
}

PinHolder::PinHolder(const NodeRef& ref) {
  PendingLane lane(ref);
  if (lane.get() == nullptr) return;
  pin_ = {ref.node, lane.get()->pins, &this_thread};
  lane.get()->pins = &pin_;
  ref.node->SetWord(ref.node->Word() | kPinnedFlag);
}

PinHolder::~PinHolder() {
  Node* const node = pin_.node;
  if (node == nullptr || !IsOurs(node)) return;
  for (;;) {
    // A pinned node may be claimed or moved, but not freed.
    const int index = Node::LaneOf(node->Word());
    LockHolder lock(LockAt(index));
    const uint64_t word = node->Word();
    if (Node::LaneOf(word) != index) continue;
    if (RemovePin(&CoreAt(node->core)->LaneAt(index), &pin_)) return;
    node->SetWord(word & ~(kPinnedFlag | kWaitedFlag));
    if ((word & kWaitedFlag) == 0) return;
    break;
  }
  WakeWaiters(node);
}

}  // namespace finalize_internal
