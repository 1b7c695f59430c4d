// SPDX-License-Identifier: Apache-2.0

// How the copies of the library in one process end it together: what the code
// of signals, drains and watchdogs asks and reports. copy_board.h draws the
// protocol. For a copy that is alone, each answer is about itself.
//
// Thread-safe.
#ifndef FINALIZE_INTERNAL_COPIES_COPIES_H_
#define FINALIZE_INTERNAL_COPIES_COPIES_H_

#include <cstdint>

#include "finalize/internal/copies/copy_board.h"

namespace finalize_internal {

// --- the request to stop ---

// Returns the request of all copies, or this copy's own while it is alone.
// Async-signal-safe.
StopRequest& TheRequest();

// Forgets the request that a parent of this process had alone.
void ResetOwnRequest();

// Posts `signal` for the threads of all copies: this copy ends the process.
// Returns false if a copy has posted before. Async-signal-safe.
bool Post(int signal, uint32_t flags = 0);

// Records that this copy has a thread that waits for a request, how long its
// drain may take, and whether it notifies a loop of the program instead.
void ServeRequests(uint64_t patience_nanos, bool loop);
// Records that the loop could not be notified, or has called EndBySignal.
void DropLoop();
// Returns true if a copy, this one or another, notifies a loop of the program,
// which then decides how the process ends.
bool AnyCopyHasLoop();
// Waits until the loops that other copies have notified begin their drains.
void AwaitLoops();

// --- drains ---

// Records that this copy drains until `limit`, in nanoseconds of
// CLOCK_MONOTONIC.
void NoteDrain(uint64_t limit);
// Records that it no longer drains, and whether a callback failed or was left.
void NoteDrainOver(bool failed);

// Returns the longest time that a copy with exit hooks grants a drain.
uint64_t LongestPatience();
// Returns how long other copies may need, in nanoseconds of CLOCK_MONOTONIC; 0
// if none drains. Async-signal-safe.
uint64_t OtherCopiesUntil();
// Returns true if a drain of any copy has failed.
bool AnyCopyFailed();

// For a thread that has drained, and is to end the process by `signal`. In the
// copy that posted the request, returns when no other copy is awaited. In any
// other copy, never returns.
void AwaitOtherCopies(int signal);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_COPIES_COPIES_H_
