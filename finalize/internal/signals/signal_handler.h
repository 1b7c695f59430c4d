// The handler of stop signals, and what it found in its place.
//
// Who has the action of one signal, seen from the kernel, which is asked each
// time; the handler of another copy of the library that takes the signal
// (copy_handlers.h) serves this copy as well:
//
//     the program: default -------- TakeSignal ---------> this process's hooks
//     or a named handler                                   |            ^
//          ^                                               | sigaction  |
//          | replaced, or put back to its default,         | of the     | Take
//          +----------------- by the program <-------------+ program    |
//          Signal
//                                    |                                  |
//                                    +----------------------------------+
//
// What one delivery does, in the handler:
//
//     not taken by this very process --> as if there were no hooks
//     handed back (HandleAfterDrain) --> the program's handler; then the end
//     first of a request             --> a named handler; then it is posted
//     another within the grace       --> nothing
//     another after the grace        --> death by it
//
// All that the handler does is done by atomics and system calls: it takes no
// lock, needs no memory, and leaves errno alone.
#ifndef FINALIZE_INTERNAL_SIGNALS_SIGNAL_HANDLER_H_
#define FINALIZE_INTERNAL_SIGNALS_SIGNAL_HANDLER_H_

#include "finalize/hooked_signals.h"

namespace finalize_internal {

// How a signal stands, and the code of the program's handler: the one that is
// there, or, if the signal is taken, the one that runs before or after the
// drain. Null if there is none.
struct SignalLook {
  finalize::SignalHook::State state;
  const void* handler;
};

enum class TakeAs {
  kUsual,        // not if the program has a handler
  kNamed,        // the program's handler runs first
  kHandledLast,  // the program's handler, which ends the process, runs last
};

// Installs the handler for `signal`, unless it is ignored or has a handler of
// the program's and is not named. A signal that this process has taken before
// is looked at anew.
SignalLook TakeSignal(int signal, TakeAs how);

// How a signal that was to be taken stands now.
SignalLook LookAtSignal(int signal);

// Whether this process has asked for `signal`.
bool IsAskedFor(int signal);

// After the drain of `signal`: puts the handler of the program back that is to
// run last, and sends it the signal again. False if there is none. If the
// handler returns, the process ends on its thread.
bool HandleAfterDrain(int signal);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_SIGNALS_SIGNAL_HANDLER_H_
