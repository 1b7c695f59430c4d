// SPDX-License-Identifier: Apache-2.0

// AddCrashCallback registers a function that runs in the signal handler of a
// crash.
//
//   void RemoveSocket(const finalize::Crash&) { unlink(socket_path); }
//   ...
//   if (!finalize::AddCrashCallback(&RemoveSocket)) return Full();
//
// It is for code that frees what the end of the process would not free: named
// files above all. Temp dirs need no callback; the library removes them.
//
// Order: newest first, each once. They run when a signal reports a crash and
//   this very process has set ExitHooks::crash (exit_hooks.h). Without the
//   hooks, and in a forked child, no callback runs. The signal must be certain
//   to end the process: in process 1 of a container, no signal that is sent
//   ends it (docs/process_end.md).
// Threads: the one that crashed. All other threads continue. The callback meets
//   what the crash left: any lock may be held, and any data half changed.
// Failure: a callback that ignores the deadline is cut off, wherever it is; so
//   is one that crashes. The callbacks after it do not run then.
// Lifetime: the code must stay mapped. A callback cannot be unregistered.
// Temp dirs are closed to other threads before the first callback runs: a
//   thread that creates or removes one waits for the end of the process. Use a
//   CrashGate (crash_gate.h) to do the same for what your callback removes. A
//   callback that asks for a temp dir gets Cancelled.
// Allowed: system calls, and memory that was prepared before, through atomics.
//   A callback must not allocate, lock, wait, print by stdio, or throw. It has
//   at least 32 KiB of stack if its thread has a crash stack (AddCrashStack),
//   and a few free descriptors.
//
// AddReserveCallback registers the same kind of function for a drain that hangs
// at the end of the process. A tenth of the drain's deadline is kept for it
// (ExitOptions::temp_dir_share). If the drain has not ended by then, the
// callbacks run on the watchdog's thread, an ordinary thread, while the drain
// continues and before the watchdog ends the process. The same rules hold,
// because here, too, any lock may be held. Temp dirs need no callback here
// either.
//
// Thread-safe. Not for use in a signal handler.
#ifndef FINALIZE_CRASH_CALLBACK_H_
#define FINALIZE_CRASH_CALLBACK_H_

#include "finalize/crash.h"
#include "finalize/internal/crash/crash_callbacks.h"

namespace finalize {

// Registers `callback`; adding it again has no effect. Returns false if
// kMaxCrashCallbacks others are registered.
[[nodiscard]] inline bool AddCrashCallback(CrashCallback callback) {
  return finalize_internal::AddCrashCallback(callback);
}
// Registers `callback` for a drain that hangs, in the same way.
[[nodiscard]] inline bool AddReserveCallback(CrashCallback callback) {
  return finalize_internal::AddReserveCallback(callback);
}

}  // namespace finalize

#endif  // FINALIZE_CRASH_CALLBACK_H_
