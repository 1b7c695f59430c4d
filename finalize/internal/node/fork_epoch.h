// SPDX-License-Identifier: Apache-2.0

// The epoch tells which process this is. It grows with every fork, so that one
// comparison tells what a child inherited from what it created itself (contract
// C21).
//
// The epoch is stored in a page that the kernel wipes in a child, so raw
// clone() and _Fork() are noticed as well as fork(). Nothing is set up before
// the first registration.
//
// Some kernels refuse MADV_WIPEONFORK (Linux before 4.14). Others accept any
// advice and ignore it (gVisor, qemu-user); these are recognized because they
// also accept an advice that no kernel has. On such kernels each read of the
// epoch asks the kernel which process this is (process_mark.h), which takes
// some microseconds.
#ifndef FINALIZE_INTERNAL_NODE_FORK_EPOCH_H_
#define FINALIZE_INTERNAL_NODE_FORK_EPOCH_H_

#include <atomic>
#include <cstdint>

namespace finalize_internal {

// Points to the epoch in the wiped page. Before the first use, and always if
// the kernel wipes nothing, it points to a zero.
extern std::atomic<const std::atomic<uint32_t>*> epoch_page;

// Sets up the page and the fork hook, or, in a child that the fork hook did not
// notice, advances the epoch. Returns the epoch.
uint32_t RenewEpoch();

// Returns the epoch, or 0 before the first use and in a child that has not
// advanced it yet. Changes nothing: async-signal-safe.
uint32_t KnownEpoch();

// Returns a number for this process that differs from that of every ancestor;
// on kernels that wipe no page, only very probably.
uint32_t NumberOfProcess();

// Returns the last epoch that ended in a fork without the fork hook, so that
// locks may have been held and lists half changed; 0 if there was none.
uint32_t LastEpochForkedWithoutHook();

// Records that this process has given up something that was registered in
// `epoch`: an inherited registry, lifetime or scope. From then on, neither this
// process nor a descendant can adopt (adoption.h) anything of that epoch or an
// older one.
void ForbidAdopting(uint32_t epoch);
uint32_t NewestUnadoptableEpoch();

// Returns the epoch of this process; never 0.
inline uint32_t CurrentEpoch() {
  const uint32_t epoch = epoch_page.load(std::memory_order_acquire)
                             ->load(std::memory_order_relaxed);
  return __builtin_expect(epoch != 0, true) ? epoch : RenewEpoch();
}

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_NODE_FORK_EPOCH_H_
