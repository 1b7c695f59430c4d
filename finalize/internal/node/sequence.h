// Sequence numbers: the order of registrations over all threads, and their
// age. A number is a time in nanoseconds of CLOCK_MONOTONIC, or a little less.
//
// Where one registration happens before another, its number is smaller. That
// takes an ordered clock read (35 ns), unless only one thread registers, which
// can count on from its last number:
//
//               first stamp                 a stamp by another thread
//     no owner ------------> owned by a thread ----------------> shared
//                                  ^                                |
//                                  +--------------------------------+
//                            a thread stamped 1024 times running, and
//                            no other one did
//
//   owned    the owner's next number is the larger of its last plus one and the
//            coarse clock (5 ns); both are behind the ordered clock
//   shared   every number is an ordered clock read
//
// Why that is exact: a thread gives the ownership up before its own stamp, so
// whatever that stamp happens before sees it gone. Ownership is taken back
// under every lane's lock, and stamps are made under one of them, so no thread
// is between looking at the owner and reading the clock.
#ifndef FINALIZE_INTERNAL_NODE_SEQUENCE_H_
#define FINALIZE_INTERNAL_NODE_SEQUENCE_H_

#include <atomic>
#include <cstdint>

#include "finalize/internal/base/clock.h"
#include "finalize/internal/node/thread_state.h"

namespace finalize_internal {

struct alignas(64) SequenceOwner {
  // The ThreadState of the owner; null at first; itself while shared.
  std::atomic<const void*> thread{nullptr};
  // The owner's last number. Guarded by the lane lock that its owner holds.
  uint64_t last = 0;
};
extern SequenceOwner sequence_owner;

// For every thread but the owner.
uint64_t NextSequenceSlow(int lane);

// Returns the next number. For a holder of the lock of `lane`.
inline uint64_t NextSequence(int lane) {
  if (sequence_owner.thread.load(std::memory_order_acquire) != &this_thread) {
    return NextSequenceSlow(lane);
  }
  const uint64_t now = CoarseNanos();
  const uint64_t next = sequence_owner.last + 1;
  return sequence_owner.last = now > next ? now : next;
}

// Takes the ownership back if no other thread stamped since the last try. For
// a thread that holds no lock.
void TryToOwnSequence();

// Whether it is time to try: cheap, and rarely true.
inline bool ShouldOwnSequence() {
  return __builtin_expect(this_thread.shared_stamps >= 1024, false);
}

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_NODE_SEQUENCE_H_
