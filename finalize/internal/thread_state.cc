#include "finalize/internal/thread_state.h"

#include <atomic>

#include "finalize/internal/lock.h"
#include "finalize/internal/node.h"
#include "finalize/internal/spent.h"

namespace finalize_internal {

__thread ThreadState this_thread;

int AssignLane() {
  if (this_thread.lane_plus_one != 0) return this_thread.lane_plus_one - 1;
  static std::atomic<unsigned> next{0};
  const int lane =
      static_cast<int>(next.fetch_add(1, std::memory_order_relaxed) % kLanes);
  this_thread.lane_plus_one = lane + 1;
  return lane;
}

bool RunsOnThisThread(const Node* node) {
  for (const Frame* f = this_thread.frames; f != nullptr; f = f->outer) {
    if (f->node == node) return true;
  }
  return IsPutOff(node);
}

bool RunsCallbackOf(const Core* core) {
  for (const Frame* f = this_thread.frames; f != nullptr; f = f->outer) {
    if (f->core == core && Node::StateOf(f->node->Word()) != kAbandoned) {
      return true;
    }
  }
  return false;
}

}  // namespace finalize_internal
