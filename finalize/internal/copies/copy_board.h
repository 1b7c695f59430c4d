// What the copies of the library in one process know of each other.
//
// A copy joins when it is first used (JoinCopies) and leaves before dlclose()
// unmaps it. The board they share is memory of nobody's module, so that a
// signal handler and a watchdog may look at it at any moment: no lock, no
// pointer into a module that could be unmapped. The kernel wipes it in a forked
// child, where the copies join anew. All zeros is a board in its first state.
//
// One request to stop, seen from the process. Copies A and B have exit hooks,
// A has the handler of the signal; C is a plugin that only registered.
//
//             signal
//   kernel ---------> A's handler: claimed -> first_nanos -> posted {signal, A}
//                                                               |
//              +--------------- wakes the thread of each copy --+
//              v                                                v
//   A: until = deadline, drains                      B: until = deadline,
//   drains
//      until = 0, drained = 1                           until = 0, drained = 1
//      awaits, to their deadlines:                      sleeps: A ends the
//        B, since it serves and has not drained         process
//        C, while its until is set (exit, dlclose)
//      ends the process
//
//   - A delivery is claimed once, whichever copy's handler it meets.
//   - The copy that posted ends the process, when none is awaited, or two
//     seconds after the latest deadline of those that are (a copy that hangs
//     has been ended by its watchdog one second after it).
//   - A program that ends its own loop by EndBySignal posts as well (kDirect),
//     unless a handler has posted.
//   - A copy with a shutdown loop of the program's (loop) tells that instead,
//   and
//     drains when the loop has called EndBySignal. Until then it is awaited
//     without a limit, and the copies that have none do not begin: if the
//     program calls exit() instead, that drains them all.
//   - A watchdog ends the process when no other copy has time left.
#ifndef FINALIZE_INTERNAL_COPIES_COPY_BOARD_H_
#define FINALIZE_INTERNAL_COPIES_COPY_BOARD_H_

#include <atomic>
#include <cstdint>

namespace finalize_internal {

// The request of the process to stop. All zeros: there is none.
struct StopRequest {
  // The signal that came first; what comes after it is no second request.
  std::atomic<uint32_t> claimed;
  // What the threads wait for: the signal, kDirect, and, from kOwnerShift on,
  // the number of the copy that ends the process. A futex.
  std::atomic<uint32_t> posted;
  // When the first came, in nanoseconds of CLOCK_MONOTONIC.
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

// One copy. The layout is frozen; what is reserved is zero and stays so.
struct CopySlot {
  std::atomic<uint64_t> record;    // the address of its CopyRecord; 0: free
  std::atomic<uint64_t> taken;     // bit n - 1: it has the handler of signal n
  std::atomic<uint64_t> until;     // the deadline of its drain; 0: no drain
  std::atomic<uint64_t> patience;  // nanoseconds that a drain may take
  std::atomic<uint32_t> serves;    // it has exit hooks: a request awaits it
  std::atomic<uint32_t> drained;   // it has drained for the request
  std::atomic<uint32_t> failed;    // a drain of its failed
  std::atomic<uint32_t> loop;      // a request is told to a loop of the program
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

// Makes this copy known to the others; once in each process. Without memory,
// or with more copies than there are slots, it stays alone. Not
// async-signal-safe: it takes the lock of the dynamic linker.
void JoinCopies();
// The same, unless that is under way: on this thread it may be what a signal
// handler interrupted that calls exit().
void TryJoinCopies();

// Takes this copy out, before its module is unmapped.
void WithdrawCopy();

// The board; null while this copy is alone. Async-signal-safe.
Board* SharedBoard();

// The slot of this copy; null while it is alone in this process.
CopySlot* OwnSlot();
// Its number, from 1; 0 while it is alone.
uint32_t OwnNumber();

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_COPIES_COPY_BOARD_H_
