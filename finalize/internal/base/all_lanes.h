// SPDX-License-Identifier: Apache-2.0

// AllLanes holds the locks of all lanes, so that its owner sees every registry
// at one instant.
#ifndef FINALIZE_INTERNAL_BASE_ALL_LANES_H_
#define FINALIZE_INTERNAL_BASE_ALL_LANES_H_

#include "absl/base/thread_annotations.h"
#include "finalize/internal/base/lock.h"

namespace finalize_internal {

// Holds every lane's lock and the lock of the registry pool, taken in index
// order.
class AllLanes {
 public:
  AllLanes() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    for (int i = 0; i <= kCorePoolLock; ++i) LockAt(i).Acquire();
  }
  ~AllLanes() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    for (int i = 0; i <= kCorePoolLock; ++i) LockAt(i).Release();
  }
  AllLanes(const AllLanes&) = delete;
  AllLanes& operator=(const AllLanes&) = delete;
};

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_BASE_ALL_LANES_H_
