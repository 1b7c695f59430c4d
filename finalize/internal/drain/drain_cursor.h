// The order of a drain: which finalizer comes next.
//
// Finding it looks at the head of every lane in use; that is repeated only when
// the lane in hand falls behind the next best one, or when the registry changed
// (Core::changes). So a drain of n finalizers costs O(n), whatever is
// registered, run, detached or re-flagged meanwhile.
//
// What it must not run it parks (lane.h): that keeps each head meaningful and
// each finalizer visited once.
#ifndef FINALIZE_INTERNAL_DRAIN_DRAIN_CURSOR_H_
#define FINALIZE_INTERNAL_DRAIN_DRAIN_CURSOR_H_

#include <cstdint>

#include "finalize/internal/node/core.h"

namespace finalize_internal {

// Picks the finalizers of a drain, in order. Confined to one thread; several
// cursors may work on one core.
class DrainCursor {
 public:
  DrainCursor(Core* core, bool process_end)
      : core_(core), process_end_(process_end) {}

  // Returns whether anything is left that may run, and the highest phase of
  // that. Closes the registry to other threads from that phase up, or wholly
  // if it is the last one, or none is left.
  bool NextPhase(int* phase);
  // Claims the next finalizer of `lowest_phase` or higher; null if none is
  // left.
  Node* ClaimNext(int lowest_phase);
  // Passes by what is pending of `lowest_phase` or higher.
  void PassBy(int lowest_phase);

 private:
  struct Position {
    int phase;
    uint64_t sequence;
  };
  static bool Precedes(const Position& a, const Position& b) {
    return a.phase != b.phase ? a.phase > b.phase : a.sequence > b.sequence;
  }
  void SetSkippedAside(Lane* lane, PhaseList* list) const;
  Node* Head(Lane* lane) const;
  Node* TryClaim(int lowest_phase);
  void Rescan();

  Core* const core_;
  const bool process_end_;
  // Of the registry as it was at changes_: the lane whose head comes first
  // (-1: none), that head's phase, where the second best lane begins, and the
  // lowest phase of all.
  bool fresh_ = false;
  uint64_t changes_ = 0;
  int best_ = -1;
  int best_phase_ = 0;
  Position bound_ = {};
  bool bounded_ = false;
  int lowest_ = 0;
};

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_DRAIN_DRAIN_CURSOR_H_
