// Which process this is. An epoch that grows with every fork, so that what a
// child inherited is told from what it made by one comparison (contract C21).
//
// The epoch lies in a page that the kernel wipes in a child: raw clone() and
// _Fork() are seen as well as fork(). Nothing is set up before the first
// registration.
//
// Some kernels refuse MADV_WIPEONFORK (Linux before 4.14), and some answer any
// advice with success and take none (gVisor, qemu-user): these are known by an
// advice that no kernel has. There each look at the epoch asks which process
// this is (process_mark.h), some microseconds a time.
#ifndef FINALIZE_INTERNAL_NODE_FORK_EPOCH_H_
#define FINALIZE_INTERNAL_NODE_FORK_EPOCH_H_

#include <atomic>
#include <cstdint>

namespace finalize_internal {

// Points to the epoch in the wiped page; to a zero before the first use, and
// for good if the kernel wipes nothing.
extern std::atomic<const std::atomic<uint32_t>*> epoch_page;

// Sets the page and the fork hook up, or steps the epoch in a child that the
// fork hook did not see. Returns the epoch.
uint32_t RenewEpoch();

// The epoch, but 0 before the first use, and in a child that has not stepped it
// yet. Changes nothing: async-signal-safe.
uint32_t KnownEpoch();

// A number for this process that differs from every ancestor's; with kernels
// that wipe no page, only very probably.
uint32_t NumberOfProcess();

// The last epoch that ended in a fork that ran no fork hook, so that its locks
// may have been held and its lists half changed; 0 if none did.
uint32_t LastEpochForkedWithoutHook();

// Notes that this process has let go of something that was registered in
// `epoch`: an inherited registry, lifetime or scope. Nothing as old as that
// can be adopted (adoption.h) from then on, here or by a descendant.
void ForbidAdopting(uint32_t epoch);
uint32_t NewestUnadoptableEpoch();

// The epoch of this process; never 0.
inline uint32_t CurrentEpoch() {
  const uint32_t epoch = epoch_page.load(std::memory_order_acquire)
                             ->load(std::memory_order_relaxed);
  return __builtin_expect(epoch != 0, true) ? epoch : RenewEpoch();
}

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_NODE_FORK_EPOCH_H_
