// SPDX-License-Identifier: Apache-2.0

// The thread that serves the first signal: an ordinary one, on which callbacks
// may do anything.
#ifndef FINALIZE_INTERNAL_END_SIGNAL_THREAD_H_
#define FINALIZE_INTERNAL_END_SIGNAL_THREAD_H_

namespace finalize_internal {

// Starts the thread, with all signals blocked until one is posted. Returns
// false if no thread is available. Callbacks run with the signal mask that the
// calling thread has now.
bool StartSignalThread();

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_END_SIGNAL_THREAD_H_
