// The signal handler, and what it found in its place.
//
// A signal, seen from the process:
//
//     kNone -- handler: first ----> claimed -- the program's own handler -->
//              signal               has run, where it was named
//                                                       posted
//
// A second signal, while one is claimed or posted, ends the process by itself.
//
// All that the handler does is done by atomics and system calls: it takes no
// lock, needs no memory, and leaves errno alone.
#ifndef FINALIZE_INTERNAL_SIGNAL_HANDLER_H_
#define FINALIZE_INTERNAL_SIGNAL_HANDLER_H_

namespace finalize_internal {

// Whether `signal` can be taken: its default action ends the process, and it
// does not tell of a crash.
bool MayTake(int signal);

// Installs the handler for `signal`: not where it is ignored, nor over a
// handler of the program's unless it is `named`, nor a second time over one
// that the program has installed since.
void TakeSignal(int signal, bool named);

// Forgets what was posted, to the parent of this process.
void ResetPosted();

// The signal that was posted to this process; 0 for none.
int PostedSignal();
// Waits for one.
int AwaitPosted();

// Ends the process by `signal`, or by _exit(128 + signal) where the signal does
// not: as PID 1. Async-signal-safe.
[[noreturn]] void DieBySignal(int signal);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_SIGNAL_HANDLER_H_
