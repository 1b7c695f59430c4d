// How the copies of the library in one process end it together: what the code
// of signals, drains and watchdogs asks, and what it says. The protocol is
// drawn in copy_board.h.
//
// A copy that is alone gets the answers that it would give itself.
#ifndef FINALIZE_INTERNAL_COPIES_COPIES_H_
#define FINALIZE_INTERNAL_COPIES_COPIES_H_

#include <cstdint>

#include "finalize/internal/copies/copy_board.h"

namespace finalize_internal {

// --- the request to stop ---

// The request of all copies, or this copy's own while it is alone.
// Async-signal-safe.
StopRequest& TheRequest();

// Forgets the request that a parent of this process had alone.
void ResetOwnRequest();

// Posts `signal` for the threads of all copies: this copy ends the process.
// False if one has posted before. Async-signal-safe.
bool Post(int signal, uint32_t flags = 0);

// Says that this copy has a thread that waits for a request, how long its drain
// may take, and whether it tells a loop of the program's instead.
void ServeRequests(uint64_t patience_nanos, bool loop);
// Says that the loop could not be told, or has called EndBySignal.
void DropLoop();
// Waits until the loops that other copies have told come to their drains.
void AwaitLoops();

// --- drains ---

// Says that this copy drains until `limit`, in nanoseconds of CLOCK_MONOTONIC.
void NoteDrain(uint64_t limit);
// Says that it no longer does, and whether a callback failed or was left.
void NoteDrainOver(bool failed);

// Returns the longest time that a copy with exit hooks grants a drain.
uint64_t LongestPatience();
// Returns how long other copies may need, in nanoseconds of CLOCK_MONOTONIC; 0
// if none does anything. Async-signal-safe.
uint64_t OtherCopiesUntil();
// Whether a drain of any copy has failed.
bool AnyCopyFailed();

// For a thread that has drained, and is to end the process by `signal`. Returns
// in the copy that posted the request, when no other copy is awaited; never
// returns in another one.
void AwaitOtherCopies(int signal);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_COPIES_COPIES_H_
