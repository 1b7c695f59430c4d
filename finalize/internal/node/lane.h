// Lane: the part of a registry that one lock guards. The process registry has
// kLanes of them and a thread registers on its own; any other registry has one.
//
// The lists of a lane, each doubly linked, newest first:
//   pending    one list a phase, phases in falling order; sorted by sequence
//   set_aside  pending finalizers that the drain under way has passed: it skips
//              them (at_exit is false), or it has run them and they failed and
//              are pending again. The end of the drain puts them back at their
//              places.
//   running    claimed by some thread, not yet finished
//
// A lane is confined to the holder of its lock.
#ifndef FINALIZE_INTERNAL_NODE_LANE_H_
#define FINALIZE_INTERNAL_NODE_LANE_H_

#include <cstddef>
#include <cstdint>

#include "finalize/internal/node/node.h"

namespace finalize_internal {

// The pending finalizers of one phase. Those of phase 0 are part of the lane;
// the others live in nodes of their own and stay until the lane is cleared.
struct PhaseList {
  Node* newest = nullptr;
  PhaseList* lower = nullptr;
  int phase = 0;
};

// A thread that looks at a node without claiming it (peek). Lives in the
// peeking thread's frame.
struct Pin {
  Node* node;
  Pin* next;
  const void* thread;  // address of its ThreadState
};

// What has happened on a lane since its process began. Never reset: a registry
// subtracts what was counted before its time.
struct Counts {
  uint64_t registered = 0;
  uint64_t runs = 0;  // callbacks started
  uint64_t detached = 0;
  uint64_t failed = 0;
  uint64_t inherited = 0;  // pending ones left to the parent of this process
};

// Two cache lines, of which registering touches the first.
struct alignas(64) Lane {
  constexpr Lane() = default;
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  // The list of the highest phase; never null.
  PhaseList* Top() { return above != nullptr ? above : &zero; }
  const PhaseList* Top() const { return above != nullptr ? above : &zero; }
  // Returns the list of `phase`, or null where there is none yet.
  PhaseList* FindPhase(int phase) {
    if (phase == 0) return &zero;
    PhaseList* list = Top();
    while (list != nullptr && list->phase > phase) list = list->lower;
    return list != nullptr && list->phase == phase ? list : nullptr;
  }
  // Adds a list that FindPhase did not find. Takes `memory` for it.
  PhaseList* AddPhase(int phase, Node* memory);

  // Returns the newest node of the highest phase, or null.
  Node* Newest() const {
    for (const PhaseList* list = Top(); list != nullptr; list = list->lower) {
      if (list->newest != nullptr) return list->newest;
    }
    return nullptr;
  }

  // Puts a new node, newer than all of its phase, on its list.
  void Push(PhaseList* list, Node* node) {
    node->newer = nullptr;
    node->older = list->newest;
    if (list->newest != nullptr) list->newest->newer = node;
    list->newest = node;
    ++pending;
    ++counts.registered;
  }
  // Puts a node at the place that its sequence gives it. Its phase has a list.
  void Insert(Node* node);
  // Takes a pending node off the list it is on, pending or set aside.
  void Remove(Node* node) {
    if (node->word.load(std::memory_order_relaxed) & kSetAsideFlag) {
      RemoveSetAside(node);
    } else {
      RemovePending(node);
    }
  }
  // The same for one that is not set aside, and for one that is.
  void RemovePending(Node* node) {
    if (node->newer != nullptr) {
      node->newer->older = node->older;
    } else {
      (node->phase == 0 ? &zero : FindPhase(node->phase))->newest = node->older;
    }
    if (node->older != nullptr) node->older->newer = node->newer;
    --pending;
  }
  void RemoveSetAside(Node* node);
  // Moves the newest pending node to the end of those set aside.
  void SetAside(Node* node);
  // Puts a node behind those set aside, in state kPending or kTried: a drain,
  // which comes newest first, has passed it.
  void AddSetAside(Node* node, NodeState state);
  // Puts every set aside node back on its pending list: one pass over each.
  void ReturnSetAside();

  void PushRunning(Node* node) {
    node->newer = nullptr;
    node->older = running;
    if (running != nullptr) running->newer = node;
    running = node;
    ++counts.runs;
  }
  void RemoveRunning(Node* node) {
    (node->newer != nullptr ? node->newer->older : running) = node->older;
    if (node->older != nullptr) node->older->newer = node->newer;
  }

  // Removes every list; all are empty except those of phases.
  void Clear();
  // Drops every node without touching one: they belong to the parent. The
  // counts start again at zero.
  void ResetAfterFork();

  // The phases above 0, highest first; the last one leads to `zero`. Null where
  // there are none: a lane that nobody has used is all zeros, and takes nothing
  // of a program's start.
  PhaseList* above = nullptr;
  PhaseList zero;
  Node* running = nullptr;
  size_t pending = 0;  // those set aside included
  Counts counts;
  Node* set_aside = nullptr;
  Node* last_set_aside = nullptr;
  Pin* pins = nullptr;
};

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_NODE_LANE_H_
