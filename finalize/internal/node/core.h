// SPDX-License-Identifier: Apache-2.0

// Core is the state of a registry. Cores are pooled and never freed, so that a
// thread with a stale handle may read one.
//
// A registry, seen from its core:
//
//              Register               the last phase starts
//      open ------------> draining ----------------------------> closed
//       | ^     Drain        |                                      |
//       | +------------------+--------------------------------------+
//       |                           Drain returns
//       | Seal (at any moment, permanently)
//       v
//      sealed: refuses, but still drains
//
//   open      accepts registrations from every thread
//   draining  accepts registrations of a phase below the phase that drains;
//             each of them makes the drain look again
//   closed    accepts none
//
// While a registry drains, threads that run one of its callbacks may register
// in any phase.
#ifndef FINALIZE_INTERNAL_NODE_CORE_H_
#define FINALIZE_INTERNAL_NODE_CORE_H_

#include <atomic>
#include <cstdint>

#include "finalize/export.h"
#include "finalize/internal/base/lock.h"
#include "finalize/internal/node/fork_epoch.h"
#include "finalize/internal/node/lane.h"
#include "finalize/internal/node/process_core.h"
#include "finalize/internal/node/thread_state.h"

namespace finalize_internal {

struct Core {
  constexpr Core(uint32_t id_in, Lane* lanes_in, int only_lane_in)
      : id(id_in), lanes(lanes_in), only_lane(only_lane_in) {}

  // Whether it has kLanes lanes. That is so for the process registry, and for
  // the core of the callbacks of weak references.
  bool sharded() const { return only_lane < 0; }
  // Returns the lane that lock `index` of the table guards.
  Lane& LaneAt(int index) { return sharded() ? lanes[index] : lanes[0]; }
  // Returns the index of the lane on which this thread registers.
  // `lifetime_lane` is the lane of the finalizer's lifetime, or -1 if it has
  // none.
  int LaneFor(int lifetime_lane) const {
    if (!sharded()) return only_lane;
    return lifetime_lane >= 0 ? lifetime_lane : ThisLane();
  }
  // Returns the lanes in use, one bit each. VisitLanes visits them.
  uint64_t UsedLanes() const {
    return sharded() ? used_lanes.load(std::memory_order_seq_cst)
                     : uint64_t{1} << only_lane;
  }
  // Puts a lane in use. The caller holds its lock. A drain first closes a phase
  // and then reads which lanes are in use. A registration first puts its lane
  // in use and then reads which phases are closed. So one of the two sees the
  // other.
  void UseLane(int index) {
    const uint64_t bit = uint64_t{1} << index;
    if ((used_lanes.load(std::memory_order_relaxed) & bit) == 0) {
      used_lanes.fetch_or(bit, std::memory_order_seq_cst);
    }
  }

  const uint32_t id;
  Lane* const lanes;
  const int only_lane;             // -1 if sharded
  std::atomic<uint32_t> epoch{0};  // of the process whose entries it holds
  // A bit for each lane in use. seq_cst; its partner is `closed_from`.
  std::atomic<uint64_t> used_lanes{0};
  std::atomic<bool> sealed{false};
  // How many drains are running. BeginDrain() and EndDrain() (drain.cc) write
  // it. Two readers depend on it, and hold the lock of their lane: LinkLocked()
  // (registration.cc) increments `changes` if it is not 0, ReturnToPending()
  // (finish.cc) then sets the finalizer aside. A drain takes the same lock when
  // it looks at the lane, after it has incremented this.
  std::atomic<uint32_t> drains{0};
  // Other threads may not register this phase or a higher one. seq_cst; its
  // partner is `used_lanes`. A drain lowers this and then loads `used_lanes`
  // (DrainCursor::NextPhase). A registration and MovePending() set their bit
  // (UseLane) and then load this (Closed in registration.cc, IsClosed in
  // registry_contents.cc). So they are refused, or the drain visits their lane.
  std::atomic<int64_t> closed_from{INT64_MAX};
  // Tells a drain to look at all lanes again. LinkLocked() increments it during
  // a drain, SetAtExitFlag() (finalizer_ops.cc) and MovePending() always, after
  // their change. Its partners are the loads in DrainCursor: Rescan() loads it
  // before it looks at the lanes, ClaimNext() compares before each claim.
  std::atomic<uint64_t> changes{0};
  Core* next_free = nullptr;  // guarded by kCorePoolLock
  // What its lanes had counted when the registry was created.
  Counts counted_before;
};

// Calls visit(lane, lock index) for each lane in use, under its lock.
template <class Visit>
void VisitLanes(Core* core, Visit visit) {
  for (uint64_t used = core->UsedLanes() & ~LanesPassedOver(); used != 0;
       used &= used - 1) {
    const int index = __builtin_ctzll(used);
    LockHolder lock(LockAt(index));
    visit(core->LaneAt(index), index);
  }
}

FINALIZE_INTERNAL_EXPORT Core* OtherCoreAt(uint32_t id);  // any but id 0
inline Core* CoreAt(uint32_t id) {
  return id == 0 ? &process_core : OtherCoreAt(id);
}
// Returns the number of ids of registries that exist or have existed. Takes no
// lock.
uint32_t CoreCount();
Core* AcquireCore();      // returns an open, empty core, or null without memory
void ReleaseCore(Core*);  // returns an empty core to the pool

// Calls visit(core) for the first `count` ids, beginning with the process
// registry, and last for WeakCore(). Cores in the pool are visited as well;
// they are empty.
template <class Visit>
void VisitCores(uint32_t count, Visit visit) {
  for (uint32_t id = 0; id < count; ++id) visit(CoreAt(id));
  visit(CoreAt(kWeakCoreId));
}

// Makes `core` empty and open if this process inherited its content.
void ResetAfterFork(Core* core);
inline void EnsureCurrent(Core* core) {
  if (__builtin_expect(
          core->epoch.load(std::memory_order_acquire) != CurrentEpoch(),
          false)) {
    ResetAfterFork(core);
  }
}

// Returns whether this very process registered `node`, or adopted it.
inline bool IsOurs(const Node* node) {
  return node->epoch.load(std::memory_order_relaxed) == CurrentEpoch();
}

// Returns the lane of the lifetime of a node, or -1 if it has none. The caller
// holds the lock of the node's lane.
inline int LifetimeLaneOf(Node* node) {
  return (node->word.load(std::memory_order_relaxed) & kLifetimeFlag)
             ? node->lifetime_link().lane
             : -1;
}

inline NodeRef RefTo(const Node* node) {
  return {const_cast<Node*>(node), node->Word() & kGenerationMask};
}

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_NODE_CORE_H_
