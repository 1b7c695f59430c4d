// The thread that serves the first signal: an ordinary one, on which callbacks
// may do what they like.
#ifndef FINALIZE_INTERNAL_END_SIGNAL_THREAD_H_
#define FINALIZE_INTERNAL_END_SIGNAL_THREAD_H_

namespace finalize_internal {

// Starts it, with all signals blocked until one is posted; false where there
// is no thread to be had. Callbacks run under the signal mask that the calling
// thread has now.
bool StartSignalThread();

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_END_SIGNAL_THREAD_H_
