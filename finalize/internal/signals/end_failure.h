// Whether a drain at the end of this process has failed: its exit status tells.
#ifndef FINALIZE_INTERNAL_SIGNALS_END_FAILURE_H_
#define FINALIZE_INTERNAL_SIGNALS_END_FAILURE_H_

namespace finalize_internal {

void NoteEndFailure();

// Whether one has failed since the last call. For the thread that drained.
bool TakeFailure();

// Whether any has failed. Async-signal-safe.
bool EndHasFailed();

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_SIGNALS_END_FAILURE_H_
