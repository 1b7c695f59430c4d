// SPDX-License-Identifier: Apache-2.0

// The handler of stop signals, and what it replaces.
//
// Who has the action of one signal. The kernel is asked each time. The handler
// of another copy of the library that takes the signal (copy_handlers.h) serves
// this copy as well:
//
// clang-format off
//     the program: the default    ------- TakeSignal ------->  this process's
//     action, or a named handler  <-- sigaction by the program --  hooks
// clang-format on
//
// What one delivery does, in the handler:
//
// clang-format off
//     not taken by this very process --> as if there were no hooks
//     handed back (HandleAfterDrain) --> the program's handler; then the end
//     first of a request             --> a named handler; then it is posted
//     another within the grace       --> nothing
//     another after the grace        --> death by it
// clang-format on
//
// The handler uses only atomics and system calls: it takes no lock, needs no
// memory, and keeps errno.
#ifndef FINALIZE_INTERNAL_SIGNALS_SIGNAL_HANDLER_H_
#define FINALIZE_INTERNAL_SIGNALS_SIGNAL_HANDLER_H_

#include "finalize/hooked_signals.h"

namespace finalize_internal {

// The state of a signal, and the code of the program's handler: the one that is
// installed or, if the signal is taken, the one that runs before or after the
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

// Installs the handler for `signal`, unless the signal is ignored, or the
// program has a handler for it and has not named it. Asks the kernel again
// about a signal that this process has taken before.
SignalLook TakeSignal(int signal, TakeAs how);

// Returns the present state of a signal that was to be taken.
SignalLook LookAtSignal(int signal);

// Returns true if this process has asked for `signal`.
bool IsAskedFor(int signal);

// After the drain of `signal`: installs the program's handler that is to run
// last again, and sends the signal again. Returns false if there is none. If
// the handler returns, the process ends on its thread.
bool HandleAfterDrain(int signal);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_SIGNALS_SIGNAL_HANDLER_H_
