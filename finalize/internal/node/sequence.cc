// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/node/sequence.h"

#include "absl/base/attributes.h"
#include "finalize/internal/base/lock.h"

namespace finalize_internal {
namespace {

const void* const kShared = &sequence_owner;

// The stamps taken under each lane's lock while the numbering was shared.
struct alignas(64) StampCount {
  uint64_t stamps = 0;
};
StampCount counts[kLanes];

}  // namespace

ABSL_CONST_INIT SequenceOwner sequence_owner;

uint64_t NextSequenceSlow(int lane) {
  const void* owner = sequence_owner.thread.load(std::memory_order_acquire);
  if (owner == nullptr && sequence_owner.thread.compare_exchange_strong(
                              owner, &this_thread, std::memory_order_acq_rel)) {
    return sequence_owner.last = NowNanos();
  }
  if (owner != kShared) {
    sequence_owner.thread.store(kShared, std::memory_order_release);
  }
  ++counts[lane].stamps;
  ++this_thread.shared_stamps;
  return NowNanos();
}

void TryToOwnSequence() ABSL_NO_THREAD_SAFETY_ANALYSIS {
  for (int lane = 0; lane < kLanes; ++lane) LockAt(lane).Acquire();
  uint64_t all = 0;
  for (const StampCount& count : counts) all += count.stamps;
  if (all - this_thread.stamps_of_all == this_thread.shared_stamps) {
    sequence_owner.last = NowNanos();
    sequence_owner.thread.store(&this_thread, std::memory_order_release);
  }
  this_thread.stamps_of_all = all;
  this_thread.shared_stamps = 0;
  for (int lane = kLanes - 1; lane >= 0; --lane) LockAt(lane).Release();
}

}  // namespace finalize_internal
