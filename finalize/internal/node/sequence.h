// SPDX-License-Identifier: Apache-2.0

// Sequence numbers give the order of registrations over all threads, and their
// age. A number is a time in nanoseconds of CLOCK_MONOTONIC, or slightly less.
//
// If one registration happens before another, its number is smaller. That takes
// an ordered clock read (35 ns), except while only one thread registers: that
// thread can count up from its last number:
//
//               first stamp                 a stamp by another thread
//     no owner ------------> owned by a thread ----------------> shared
//                                  ^                                |
//                                  +--------------------------------+
//                            a thread took 1024 stamps in a row, and
//                            no other thread took one
//
//   owned    the owner's next number is the larger of its last number plus one
//            and the coarse clock (5 ns); neither is ahead of the ordered clock
//   shared   every number is an ordered clock read
//
// Why that is exact: a thread ends the ownership before it takes its own stamp,
// so everything that happens after that stamp sees that the ownership has
// ended. A thread takes the ownership again while it holds the lock of every
// lane. Stamps are taken under one of these locks, so no thread is between
// reading the owner and reading the clock.
#ifndef FINALIZE_INTERNAL_NODE_SEQUENCE_H_
#define FINALIZE_INTERNAL_NODE_SEQUENCE_H_

#include <atomic>
#include <cstdint>

#include "finalize/internal/base/clock.h"
#include "finalize/internal/node/thread_state.h"

namespace finalize_internal {

struct alignas(64) SequenceOwner {
  // The ThreadState of the owner; null at first; &sequence_owner while shared.
  std::atomic<const void*> thread{nullptr};
  // The owner's last number. Guarded by the lane lock that its owner holds.
  uint64_t last = 0;
};
extern SequenceOwner sequence_owner;

// For every thread except the owner.
uint64_t NextSequenceSlow(int lane);

// Returns the next number. The caller holds the lock of `lane`.
inline uint64_t NextSequence(int lane) {
  if (sequence_owner.thread.load(std::memory_order_acquire) != &this_thread) {
    return NextSequenceSlow(lane);
  }
  const uint64_t now = CoarseNanos();
  const uint64_t next = sequence_owner.last + 1;
  return sequence_owner.last = now > next ? now : next;
}

// Takes the ownership if no other thread took a stamp since the last try. The
// caller holds no lock.
void TryToOwnSequence();

// Returns whether it is time to try. This is cheap, and rarely true.
inline bool ShouldOwnSequence() {
  return __builtin_expect(this_thread.shared_stamps >= 1024, false);
}

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_NODE_SEQUENCE_H_
