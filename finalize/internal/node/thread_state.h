// SPDX-License-Identifier: Apache-2.0

// ThreadState is what the library keeps for each thread. It is plain data
// without constructor and destructor, so that it can be used from the first to
// the last instruction of a thread.
#ifndef FINALIZE_INTERNAL_NODE_THREAD_STATE_H_
#define FINALIZE_INTERNAL_NODE_THREAD_STATE_H_

#include <cstddef>
#include <cstdint>

#include "finalize/internal/base/own_frame.h"
#include "finalize/internal/node/size_class.h"

namespace finalize_internal {

struct Node;
struct FrameBlock;
struct ThreadExits;

// The free nodes of one size that a thread keeps: a chain in use, and a full
// one in reserve, so that a thread at the end of a chain does not exchange
// chains at every step. Linked through Node::older.
struct FreeNodes {
  Node* chain = nullptr;
  uint32_t count = 0;
  Node* full = nullptr;  // kChainLength nodes, or null
};

struct ThreadState {
  FrameBlock* frames = nullptr;  // the newest block of frames (frames.h)
  int lane_plus_one = 0;         // 0: none assigned yet
  bool keeping = false;  // it keeps free nodes, and returns them when it ends
  bool ending = false;   // they are returned; it keeps none from then on
  // How many frames there were when the thread began to end. They belong to
  // callers of exit(), which never returns.
  size_t frames_in_exit = 0;
  ThreadExits* exits = nullptr;  // what AtThreadExit has registered
  // The shared sequence numbers that this thread took since it last tried to
  // own the numbering, and those that all threads had taken at that time.
  uint64_t shared_stamps = 0;
  uint64_t stamps_of_all = 0;
  // Free nodes of this thread, by size class (slab.h).
  FreeNodes free[kSizeClasses];
};

// Hidden, so that each copy of the library in a process has its own, and that
// another object that refers to it fails to link instead of getting a copy.
// __thread tells the compiler that it needs no initialization.
[[gnu::visibility("hidden")]] extern __thread ThreadState this_thread;

// Returns the lane of this thread, assigned if it has none.
int AssignLane();

// Returns the lane on which this thread registers. Threads share lanes only if
// there are more than kLanes threads.
inline int ThisLane() {
  const int lane = this_thread.lane_plus_one;
  return lane != 0 ? lane - 1 : AssignLane();
}

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_NODE_THREAD_STATE_H_
