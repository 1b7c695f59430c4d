// SPDX-License-Identifier: Apache-2.0

// A Lane is the part of a registry that one lock guards. The process registry
// has kLanes lanes, and each thread registers on its own. Any other registry
// has one lane.
//
// The lists of a lane, each doubly linked, newest first:
//   pending    one list for each phase, highest phase first; each is sorted by
//              sequence
//   set_aside  pending finalizers that the drain under way has passed: it skips
//              them (at_exit is false), or it passed their phase, or it ran
//              them, they failed, and they are pending again. The end of the
//              drain puts them back at their positions.
//   running    claimed by some thread, not yet finished
//
// A lane is confined to the holder of its lock.
#ifndef FINALIZE_INTERNAL_NODE_LANE_H_
#define FINALIZE_INTERNAL_NODE_LANE_H_

#include <cstddef>
#include <cstdint>

#include "finalize/internal/node/node.h"

namespace finalize_internal {

// The pending finalizers of one phase. The list of phase 0 is part of the lane.
// Each other list is stored in a separate node and stays until the lane is
// cleared.
struct PhaseList {
  Node* newest = nullptr;
  PhaseList* lower = nullptr;
  int phase = 0;
};

// A thread that peeks: reads a node without claiming it. The Pin is on the
// stack of that thread.
struct Pin {
  Node* node;
  Pin* next;
  const void* thread;  // address of its ThreadState
};

// What has happened on a lane since its process began. A new registry does not
// reset the counts: it subtracts what was counted before.
struct Counts {
  uint64_t registered = 0;
  uint64_t runs = 0;  // callbacks started
  uint64_t detached = 0;
  uint64_t failed = 0;
  uint64_t inherited = 0;  // pending in the parent when this process was forked
};

// Two cache lines, of which registering touches the first.
struct alignas(64) Lane {
  constexpr Lane() = default;
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  // The list of the highest phase; never null.
  PhaseList* Top() { return above != nullptr ? above : &zero; }
  const PhaseList* Top() const { return above != nullptr ? above : &zero; }
  // Returns the list of `phase`, or null if there is none yet.
  PhaseList* FindPhase(int phase) {
    if (phase == 0) return &zero;
    PhaseList* list = Top();
    while (list != nullptr && list->phase > phase) list = list->lower;
    return list != nullptr && list->phase == phase ? list : nullptr;
  }
  // Adds a list that FindPhase did not find, and stores it in `memory`.
  PhaseList* AddPhase(int phase, Node* memory);

  // Returns the newest node of the highest phase, or null.
  Node* Newest() const {
    for (const PhaseList* list = Top(); list != nullptr; list = list->lower) {
      if (list->newest != nullptr) return list->newest;
    }
    return nullptr;
  }

  // Puts a new node on its list. It is newer than all other nodes of its phase.
  void Push(PhaseList* list, Node* node) {
    node->newer = nullptr;
    node->older = list->newest;
    if (list->newest != nullptr) list->newest->newer = node;
    list->newest = node;
    ++pending;
    ++counts.registered;
  }
  // Puts a node at the position that its sequence gives it. Its phase has a
  // list.
  void Insert(Node* node);
  // Takes a pending node off its list: `pending`, or `set_aside`.
  void Remove(Node* node) {
    if (node->word.load(std::memory_order_relaxed) & kSetAsideFlag) {
      RemoveSetAside(node);
    } else {
      RemovePending(node);
    }
  }
  // The same, if it is known that the node is not set aside, or that it is.
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
  // Moves the newest pending node of a phase to the end of `set_aside`.
  void SetAside(Node* node);
  // Puts a node at the end of `set_aside`, in state kPending or kTried. A
  // drain, which visits the newest node first, has passed it.
  void AddSetAside(Node* node, NodeState state);
  // Puts every node that is set aside back on its pending list, in one pass
  // over each list.
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

  // Removes every list. All lists are empty, except that phases may have empty
  // lists.
  void Clear();
  // Drops every node without touching it, because the nodes belong to the
  // parent. The counts start again at zero, except `inherited`.
  void ResetAfterFork();

  // The phases above 0, highest first; the last one leads to `zero`. Null if
  // there are none, so that an unused lane is all zeros and costs nothing at
  // the start of a program.
  PhaseList* above = nullptr;
  PhaseList zero;
  Node* running = nullptr;
  size_t pending = 0;  // including those set aside
  Counts counts;
  Node* set_aside = nullptr;
  Node* last_set_aside = nullptr;
  Pin* pins = nullptr;
};

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_NODE_LANE_H_
