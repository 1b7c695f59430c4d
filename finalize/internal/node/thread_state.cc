// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/node/thread_state.h"

#include <atomic>

#include "finalize/internal/base/lock.h"

namespace finalize_internal {

__thread ThreadState this_thread;

FINALIZE_OWN_FRAME int AssignLane() {
  if (this_thread.lane_plus_one != 0) return this_thread.lane_plus_one - 1;
  static std::atomic<unsigned> next{0};
  const int lane =
      static_cast<int>(next.fetch_add(1, std::memory_order_relaxed) % kLanes);
  this_thread.lane_plus_one = lane + 1;
  return lane;
}

}  // namespace finalize_internal
