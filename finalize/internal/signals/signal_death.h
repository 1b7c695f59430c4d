// SPDX-License-Identifier: Apache-2.0

// How the process dies at a signal. Async-signal-safe.
#ifndef FINALIZE_INTERNAL_SIGNALS_SIGNAL_DEATH_H_
#define FINALIZE_INTERNAL_SIGNALS_SIGNAL_DEATH_H_

namespace finalize_internal {

// Delivers `signal` to this thread, under its default action. Returns if that
// does not end the process: in PID 1.
void RaiseByDefault(int signal);

// Ends the process by `signal`, or by _exit(128 + signal) if the signal does
// not end it.
[[noreturn]] void DieBySignal(int signal);

// Ends the process after the drain of `signal`: by _exit() with the status that
// ExitHooks asks for, or by the signal.
[[noreturn]] void FinishBySignal(int signal);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_SIGNALS_SIGNAL_DEATH_H_
