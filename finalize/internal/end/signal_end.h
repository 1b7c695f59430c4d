// SPDX-License-Identifier: Apache-2.0

// The one place where a process ends after the drain of a signal.
#ifndef FINALIZE_INTERNAL_END_SIGNAL_END_H_
#define FINALIZE_INTERNAL_END_SIGNAL_END_H_

namespace finalize_internal {

// Ends the process after the drain of `signal`, as ExitHooks asks for:
//
//   1. Waits until the other copies of the library have drained.
//   2. Flushes stdio.
//   3. Runs the handler of ExitHooks::handled_after_drain.
//   4. Calls _exit() with a status, or dies by the signal.
//
// A step that hangs is skipped, shortly after the deadline at the latest. Not
// async-signal-safe.
[[noreturn]] void EndAfterDrain(int signal);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_END_SIGNAL_END_H_
