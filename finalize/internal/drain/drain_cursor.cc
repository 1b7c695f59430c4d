// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/drain/drain_cursor.h"

#include "finalize/internal/life/claim.h"

namespace finalize_internal {

// Sets aside the first nodes of the list if they must not run at the end of the
// process.
inline void DrainCursor::SetSkippedAside(Lane* lane, PhaseList* list) const {
  if (!process_end_) return;
  while (list->newest != nullptr && !(list->newest->Word() & kAtExitFlag)) {
    lane->SetAside(list->newest);
  }
}

// Returns the newest finalizer of the lane that may run, or null. The caller
// holds the lane's lock.
inline Node* DrainCursor::Head(Lane* lane) const {
  for (PhaseList* list = lane->Top(); list != nullptr; list = list->lower) {
    SetSkippedAside(lane, list);
    if (list->newest != nullptr) return list->newest;
  }
  return nullptr;
}

void DrainCursor::Rescan() {
  changes_ = core_->changes.load(std::memory_order_acquire);
  best_ = -1;
  bounded_ = false;
  Position best = {};
  VisitLanes(core_, [&](Lane& lane, int index) {
    const Node* head = Head(&lane);
    if (head == nullptr) return;
    const Position position = {head->phase, head->Sequence()};
    if (best_ < 0) lowest_ = head->phase;
    for (PhaseList* list = lane.Top(); list != nullptr; list = list->lower) {
      SetSkippedAside(&lane, list);
      if (list->newest != nullptr && list->phase < lowest_) {
        lowest_ = list->phase;
      }
    }
    const bool first = best_ < 0 || Precedes(position, best);
    const Position& second = first ? best : position;
    if (best_ >= 0 && (!bounded_ || Precedes(second, bound_))) {
      bound_ = second;
      bounded_ = true;
    }
    if (first) {
      best = position;
      best_ = index;
    }
  });
  best_phase_ = best.phase;
  fresh_ = true;
}

bool DrainCursor::NextPhase(int* phase) {
  for (;;) {
    Rescan();
    const bool any = best_ >= 0;
    if (any) *phase = best_phase_;
    const bool last = !any || best_phase_ == lowest_;
    const int64_t close = last ? INT64_MIN : best_phase_;
    int64_t closed = core_->closed_from.load(std::memory_order_acquire);
    if (closed <= close) return any;
    // The next scan finds a finalizer that was registered before this store.
    core_->closed_from.compare_exchange_strong(closed, close,
                                               std::memory_order_seq_cst);
  }
}

// Claims the head of the best lane if it still comes first.
Node* DrainCursor::TryClaim(int lowest_phase) {
  Node* claimed = nullptr;
  NodeRef needs_second_lock;
  {
    LockHolder lock(LockAt(best_));
    Lane& lane = core_->LaneAt(best_);
    Node* head = Head(&lane);
    if (head == nullptr || head->phase < lowest_phase ||
        (bounded_ && Precedes(bound_, {head->phase, head->Sequence()}))) {
      fresh_ = false;
      return nullptr;
    }
    if (head->older != nullptr) {  // the next one, most likely
      __builtin_prefetch(head->older, /*rw=*/1);
      __builtin_prefetch(head->older->payload());
    }
    const int lifetime_lane = LifetimeLaneOf(head);
    if (lifetime_lane < 0 || lifetime_lane == best_) {
      ClaimLocked(&lane, head, kRunning);
      claimed = head;
    } else {
      needs_second_lock = RefTo(head);
    }
  }
  if (claimed == nullptr) return ClaimToRunIn(core_, needs_second_lock);
  AwaitUnpinned(claimed);
  return claimed;
}

Node* DrainCursor::ClaimNext(int lowest_phase) {
  for (;;) {
    if (!fresh_ || changes_ != core_->changes.load(std::memory_order_acquire)) {
      Rescan();
    }
    if (best_ < 0 || best_phase_ < lowest_phase) return nullptr;
    if (Node* node = TryClaim(lowest_phase)) return node;
  }
}

void DrainCursor::PassBy(int lowest_phase) {
  VisitLanes(core_, [&](Lane& lane, int) {
    for (PhaseList* list = lane.Top();
         list != nullptr && list->phase >= lowest_phase; list = list->lower) {
      while (list->newest != nullptr) lane.SetAside(list->newest);
    }
  });
  fresh_ = false;
}

}  // namespace finalize_internal
