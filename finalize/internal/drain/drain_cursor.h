// SPDX-License-Identifier: Apache-2.0

// DrainCursor finds the finalizer that comes next in the order of a drain.
//
// It compares the newest finalizers of all lanes in use. It does so again only
// when the second best lane overtakes the current one, or when the registry has
// changed (Core::changes). So a drain of n finalizers costs O(n), even if
// finalizers are registered, run, detached or re-flagged meanwhile.
//
// It sets finalizers aside that it must not run (lane.h). So the head of a lane
// is always one that may run, and each finalizer is visited once.
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

  // Returns whether there is a finalizer left that may run, and sets *phase to
  // the highest phase of such finalizers. Closes the registry to other threads
  // from that phase up, or completely if it is the last phase or none is left.
  bool NextPhase(int* phase);
  // Claims the next finalizer of `lowest_phase` or higher. Returns null if none
  // is left.
  Node* ClaimNext(int lowest_phase);
  // Sets aside the pending finalizers of `lowest_phase` or higher.
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
  // The result of the last scan, when Core::changes was changes_: the lane
  // whose head comes first (-1: none), the phase of that head, the position of
  // the head of the second best lane (if bounded_), and the lowest phase of
  // all.
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
