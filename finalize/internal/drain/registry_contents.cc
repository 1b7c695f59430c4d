// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/drain/registry_contents.h"

#include <utility>

#include "finalize/internal/inspect/pending_walk.h"
#include "finalize/internal/inspect/snapshot.h"
#include "finalize/internal/life/claim.h"
#include "finalize/internal/life/detached.h"
#include "finalize/internal/life/end_door.h"
#include "finalize/internal/node/frames.h"
#include "finalize/internal/node/slab.h"

namespace finalize_internal {
namespace {

// Memory for the phases that the target lane lacks, linked through `older`.
class SpareNodes {
 public:
  ~SpareNodes() {
    while (first_ != nullptr) ReleaseNode(Take());
  }
  bool Reserve(size_t count) {
    for (; count_ < count; ++count_) {
      Node* node = AcquireNode(sizeof(Node) + sizeof(PhaseList));
      if (node == nullptr) return false;
      node->older = first_;
      first_ = node;
    }
    return true;
  }
  size_t count() const { return count_; }
  Node* Take() {
    --count_;
    return std::exchange(first_, first_->older);
  }

 private:
  Node* first_ = nullptr;
  size_t count_ = 0;
};

size_t CountPhases(const Lane& lane) {
  size_t count = 0;
  for (const PhaseList* list = lane.Top(); list != nullptr;
       list = list->lower) {
    ++count;
  }
  return count;
}

// Merges one phase of `from` into `to`: both are sorted, newest first.
void MergePhase(Lane* from, PhaseList* source, Lane* to, Core* to_core,
                int to_index) {
  PhaseList* target = to->FindPhase(source->phase);
  Node** at = &target->newest;
  Node* newer = nullptr;
  while (Node* node = source->newest) {
    source->newest = node->older;
    if (source->newest != nullptr) source->newest->newer = nullptr;
    while (*at != nullptr && (*at)->Sequence() >= node->Sequence()) {
      newer = *at;
      at = &newer->older;
    }
    node->newer = newer;
    node->older = *at;
    if (*at != nullptr) (*at)->newer = node;
    *at = node;
    newer = node;
    at = &node->older;
    node->core = to_core->id;
    node->SetWord((node->Word() & ~kLaneMask) |
                  (static_cast<uint64_t>(to_index) << kLaneShift));
    --from->pending;
    ++to->pending;
  }
}

// Moves the pins of pending finalizers. Pins of a running finalizer stay on its
// lane.
void MovePins(Lane* from, Lane* to) {
  for (Pin** at = &from->pins; *at != nullptr;) {
    Pin* const pin = *at;
    if (Node::Pends(pin->node->Word())) {
      *at = pin->next;
      pin->next = to->pins;
      to->pins = pin;
    } else {
      at = &pin->next;
    }
  }
}

bool IsClosed(Core* to) {
  return to->closed_from.load(std::memory_order_seq_cst) != INT64_MAX &&
         !RunsCallbackOf(to);
}

// Moves one lane's pending finalizers. Returns kNoMemory if `spares` are too
// few.
Refusal MoveLane(Core* from, int from_index, Core* to, int to_index,
                 SpareNodes* spares) {
  LockPair locks(from_index, to_index);
  to->UseLane(to_index);
  // Checked under the lock: a drain that closes the registry reads the lane
  // later.
  if (IsClosed(to)) return Refusal::kClosed;
  Lane& source = from->LaneAt(from_index);
  Lane& target = to->LaneAt(to_index);
  if (spares->count() < CountPhases(source)) return Refusal::kNoMemory;
  MovePins(&source, &target);
  if (source.set_aside != nullptr) source.ReturnSetAside();
  for (PhaseList* list = source.Top(); list != nullptr; list = list->lower) {
    if (list->newest == nullptr) continue;
    if (target.FindPhase(list->phase) == nullptr) {
      target.AddPhase(list->phase, spares->Take());
    }
    MergePhase(&source, list, &target, to, to_index);
  }
  return Refusal::kNone;
}

}  // namespace

Refusal MovePending(Core* from, Core* to) {
  EnsureCurrent(from);
  EnsureCurrent(to);
  if (from == to) return Refusal::kNone;
  if (to->sealed.load(std::memory_order_acquire)) return Refusal::kSealed;
  if (IsClosed(to)) return Refusal::kClosed;
  if (to->sharded()) {
    const Refusal refusal = ArmExitHook();
    if (refusal != Refusal::kNone) return refusal;
  }
  SpareNodes spares;
  Refusal refusal = Refusal::kNone;
  for (uint64_t used = from->UsedLanes();
       used != 0 && refusal == Refusal::kNone; used &= used - 1) {
    const int index = __builtin_ctzll(used);
    const int to_index = to->LaneFor(-1);
    do {
      refusal = MoveLane(from, index, to, to_index, &spares);
    } while (refusal == Refusal::kNoMemory &&
             spares.Reserve(spares.count() + 4));
  }
  to->changes.fetch_add(1, std::memory_order_acq_rel);
  from->changes.fetch_add(1, std::memory_order_acq_rel);
  return refusal;
}

size_t DestroyPending(Core* core, DestroyScope scope) {
  if (CountPending(core) == 0) return 0;
  size_t destroyed = 0;
  PendingWalk walk(core);
  for (NodeRef ref; walk.Next(&ref);) {
    if (scope == DestroyScope::kWithoutLifetime &&
        (ref.node->Word() & kLifetimeFlag)) {
      continue;
    }
    if (Node* node = ClaimToDetach(ref)) {
      DropDetached(node);
      ++destroyed;
    }
  }
  return destroyed;
}

}  // namespace finalize_internal
