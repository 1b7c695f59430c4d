// Core: the state of a registry. Type-stable: a core is pooled and never freed,
// so that a thread holding a stale handle may look at it.
//
// A registry, seen from its core:
//
//              Register               the last phase starts
//      open ------------> draining ----------------------------> closed
//       | ^     Drain        |                                      |
//       | +------------------+--------------------------------------+
//       |                           Drain returns
//       | Seal (at any moment, for good)
//       v
//      sealed: refuses, but still drains
//
// open: takes registrations from every thread. draining: takes those of a
// phase below the one that drains, and each makes the drain look again.
// closed: takes none. Threads that run one of its callbacks may register
// while it drains, whatever the phase.
#ifndef FINALIZE_INTERNAL_NODE_CORE_H_
#define FINALIZE_INTERNAL_NODE_CORE_H_

#include <atomic>
#include <cstdint>

#include "finalize/internal/base/lock.h"
#include "finalize/internal/node/fork_epoch.h"
#include "finalize/internal/node/lane.h"
#include "finalize/internal/node/process_core.h"
#include "finalize/internal/node/thread_state.h"

namespace finalize_internal {

struct Core {
  constexpr Core(uint32_t id_in, Lane* lanes_in, int only_lane_in)
      : id(id_in), lanes(lanes_in), only_lane(only_lane_in) {}

  // Whether it has kLanes lanes: the process registry, and the core of the
  // weak references' callbacks.
  bool sharded() const { return only_lane < 0; }
  // The lane that lock `index` of the table guards.
  Lane& LaneAt(int index) { return sharded() ? lanes[index] : lanes[0]; }
  // The lock of the lane on which this thread registers, for a finalizer of a
  // lifetime that lock `lifetime_lane` guards (-1: of none).
  int LaneFor(int lifetime_lane) const {
    if (!sharded()) return only_lane;
    return lifetime_lane >= 0 ? lifetime_lane : ThisLane();
  }
  // Locks of the lanes in use; each is visited by VisitLanes.
  uint64_t UsedLanes() const {
    return sharded() ? used_lanes.load(std::memory_order_seq_cst)
                     : uint64_t{1} << only_lane;
  }
  // Puts a lane in use, for a holder of its lock. Pairs with `closed_from`: a
  // drain first closes a phase and then looks which lanes are in use; a
  // registration first calls this and then looks what is closed. So one of the
  // two sees the other.
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
  // What its lanes had counted when the registry was made.
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

Core* OtherCoreAt(uint32_t id);  // any but id 0
inline Core* CoreAt(uint32_t id) {
  return id == 0 ? &process_core : OtherCoreAt(id);
}
// How many ids there are: of registries that exist, or have existed. Takes no
// lock.
uint32_t CoreCount();
Core* AcquireCore();      // an open one, empty; null without memory
void ReleaseCore(Core*);  // an empty one

// Calls visit(core) for the first `count` ids, the process registry's first,
// and for WeakCore() in the end. One that waits in the pool is empty.
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

// Whether `node` was registered by this very process.
inline bool IsOurs(const Node* node) {
  return node->epoch.load(std::memory_order_relaxed) == CurrentEpoch();
}

// The lock of the lifetime of a node, or -1. For a holder of its lane's lock.
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
