// SPDX-License-Identifier: Apache-2.0

// What the copies of the library in one process know of each other.
//
// A copy joins when it is first used (JoinCopies), and withdraws before
// dlclose() unmaps it. The memory of the board they share belongs to no module,
// so that a signal handler and a watchdog may look at it at any moment: no
// lock, no pointer into a module that could be unmapped. The kernel wipes it in
// a forked child, where the copies join again. All zeros is the first state.
//
// One request to stop, seen from the process. Copies A and B have exit hooks,
// and A has the handler of the signal. C is a plugin that only registered.
//
// clang-format off
//             signal
//   kernel ---------> A's handler: claimed -> first_nanos -> posted {signal, A}
//                                                               |
//              +--------------- wakes the thread of each copy --+
//              v                                                v
//   A: until = deadline, drains           B: until = deadline, drains
//      until = 0, drained = 1                until = 0, drained = 1
//      awaits, to their deadlines:           sleeps: A ends the process
//        B, which serves and has not drained
//        C, while its until is set (exit, dlclose)
//      ends the process
// clang-format on
//
//   - A delivery is claimed once, by the handler of whichever copy receives it.
//   - The copy that posted ends the process: when it awaits no copy, or two
//     seconds after the latest deadline of those that it awaits. (A copy that
//     hangs has been ended by its watchdog one second after its deadline.)
//   - A program that ends its own loop by EndBySignal posts as well (kDirect),
//     unless a handler has posted.
//   - A copy with a shutdown loop of the program (loop) notifies that loop, and
//     drains when the loop has called EndBySignal. Until then the others await
//     it without a limit, and the copies without a loop do not begin: if the
//     program calls exit() instead, that drains them all.
//   - A watchdog ends the process when no other copy has time left.
#ifndef FINALIZE_INTERNAL_COPIES_COPY_BOARD_H_
#define FINALIZE_INTERNAL_COPIES_COPY_BOARD_H_

#include <atomic>
#include <cstdint>

namespace finalize_internal {

// The request to stop the process. All zeros: there is none.
struct StopRequest {
  // The signal that came first; a later signal makes no second request.
  std::atomic<uint32_t> claimed;
  // What the threads wait for: the signal, kDirect, and, from kOwnerShift on,
  // the number of the copy that ends the process. A futex.
  std::atomic<uint32_t> posted;
  // When the first signal came, in nanoseconds of CLOCK_MONOTONIC.
  std::atomic<uint64_t> first_nanos;
  // The thread on which the program's own handler runs meanwhile, and the
  // context of its signal frame. They stay if that handler jumps away.
  std::atomic<uint32_t> handling;
  uint32_t reserved;
  std::atomic<uint64_t> frame;
  uint32_t more[8];
};
static_assert(sizeof(StopRequest) == 64, "the layout is frozen");

constexpr uint32_t kPostedSignalMask = 0xff;
constexpr uint32_t kDirect = 0x100;
constexpr int kOwnerShift = 16;
constexpr uint64_t kNoLimit = UINT64_MAX;

// One copy. The layout is frozen; reserved fields are zero and stay zero.
struct CopySlot {
  std::atomic<uint64_t> record;    // the address of its CopyRecord; 0: free
  std::atomic<uint64_t> taken;     // bit n - 1: it has the handler of signal n
  std::atomic<uint64_t> until;     // the deadline of its drain; 0: no drain
  std::atomic<uint64_t> patience;  // nanoseconds that a drain may take
  std::atomic<uint32_t> serves;    // it has exit hooks: a request awaits it
  std::atomic<uint32_t> drained;   // it has drained for the request
  std::atomic<uint32_t> failed;    // one of its drains failed
  std::atomic<uint32_t> loop;      // it notifies a loop of the program
  std::atomic<uint32_t> revision;
  uint32_t reserved;
  uint64_t more[9];
};
static_assert(sizeof(CopySlot) == 128, "the layout is frozen");

constexpr uint32_t kMaxCopies = 31;

struct Board {
  std::atomic<uint32_t> process;  // 0: wiped
  std::atomic<uint32_t> changed;  // grows when a copy is done. A futex
  uint64_t reserved[7];
  StopRequest request;
  CopySlot slots[kMaxCopies];
};
static_assert(sizeof(Board) == 4096, "the layout is frozen");

// Makes this copy known to the others; once in each process. If there is no
// memory or no free slot, the copy stays alone. Not async-signal-safe: it takes
// the lock of the dynamic linker.
void JoinCopies();
// The same, unless JoinCopies is under way: a signal handler that calls exit()
// may have interrupted it on this thread.
void TryJoinCopies();

// Withdraws this copy, before its module is unmapped.
void WithdrawCopy();

// Returns the board; null while this copy is alone. Async-signal-safe.
Board* SharedBoard();

// Returns the slot of this copy; null while it is alone in this process.
CopySlot* OwnSlot();
// Returns its number, from 1; 0 while it is alone.
uint32_t OwnNumber();

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_COPIES_COPY_BOARD_H_
