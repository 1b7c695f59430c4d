// ThreadState: what the library keeps for each thread. Plain data that needs
// no constructor and no destructor, so that it can be used from the first to
// the last instruction of a thread.
#ifndef FINALIZE_INTERNAL_THREAD_STATE_H_
#define FINALIZE_INTERNAL_THREAD_STATE_H_

#include <cstdint>

#include "finalize/internal/size_class.h"

namespace finalize_internal {

struct Node;
struct Core;

// One running callback of this thread; the frames of a thread form a stack.
struct Frame {
  Node* node;
  Core* core;
  Frame* outer;
};

struct DrainContext;
struct ThreadExits;

// The free nodes of one size that a thread keeps: a chain in use, and a full
// one beside it, so that a thread on the edge of a chain does not exchange one
// at every step. Linked through Node::older.
struct FreeNodes {
  Node* chain = nullptr;
  uint32_t count = 0;
  Node* full = nullptr;  // kChainLength nodes, or null
};

struct ThreadState {
  Frame* frames = nullptr;
  DrainContext* drain =
      nullptr;            // the innermost drain that this thread works on
  int lane_plus_one = 0;  // 0: none assigned yet
  bool keeping = false;   // it keeps free nodes, which go back when it ends
  bool ending = false;    // they have gone back; keep none from now
  // What ran when it began to end: what called exit(), and never returns.
  const Frame* frames_in_exit = nullptr;
  ThreadExits* exits = nullptr;  // what AtThreadExit has registered
  // Shared sequence numbers that it took since it last tried to own them, and
  // those that all threads had taken then.
  uint64_t shared_stamps = 0;
  uint64_t stamps_of_all = 0;
  // Free nodes of this thread, by size class (slab.h).
  FreeNodes free[kSizeClasses];
};

// Hidden, so that two copies of the library in one process have one each, and
// that another object which wants it is an error when it is linked, not a copy
// of its own. __thread: the compiler sees that it needs no initialization.
[[gnu::visibility("hidden")]] extern __thread ThreadState this_thread;

// Returns the lane of this thread, assigned if it has none.
int AssignLane();

// Returns the lane on which this thread registers. Threads share lanes only
// where there are more than kLanes of them.
inline int ThisLane() {
  const int lane = this_thread.lane_plus_one;
  return lane != 0 ? lane - 1 : AssignLane();
}

// Returns whether a callback on `node` runs on this thread, at any depth, or
// has run and waits for its destruction there.
bool RunsOnThisThread(const Node* node);

// Returns whether a callback of `core` runs on this thread, at any depth. One
// that its drain has left behind does not count: another registry may have the
// core by now.
bool RunsCallbackOf(const Core* core);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_THREAD_STATE_H_
