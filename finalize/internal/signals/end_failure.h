// SPDX-License-Identifier: Apache-2.0

// Whether a drain at the end of this process has failed, for its exit status.
//
// Thread-safe.
#ifndef FINALIZE_INTERNAL_SIGNALS_END_FAILURE_H_
#define FINALIZE_INTERNAL_SIGNALS_END_FAILURE_H_

namespace finalize_internal {

void NoteEndFailure();

// Returns true if a drain has failed since the last call. For the thread that
// drained.
bool TakeFailure();

// Returns true if any drain has failed. Async-signal-safe.
bool EndHasFailed();

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_SIGNALS_END_FAILURE_H_
