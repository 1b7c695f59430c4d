// AddCrashCallback: what is done from inside the handler of a crash.
//
//   void RemoveSocket(const finalize::Crash&) { unlink(socket_path); }
//   ...
//   finalize::AddCrashCallback(&RemoveSocket);
//
// It is for code that frees what no exit of the process would free: files with
// names, above all. Temp dirs are removed so without being asked for it.
//
// When: a signal tells of a crash, and ExitHooks::crash was set by this very
// process (exit_hooks.h). In a forked child nothing is called, nor without the
// hooks. Newest first, each once, on the thread that crashed, while all other
// threads go on. What they find is what the crash left: any lock may be held,
// and any data be half changed. Before the first callback runs, temp dirs are
// closed to other threads: one that makes or removes one waits for the end of
// the process. To have the same for what your callback removes, use a CrashGate
// (crash_gate.h). A callback that asks for a temp dir gets Cancelled.
//
// Only a signal that is certain to end the process calls them: as PID 1 of a
// container none that is sent (exit_hooks.h).
//
// What a callback may do: make system calls, and touch memory that was set up
// before, through atomics. It must not allocate, lock, wait, print by stdio,
// nor throw. It has a stack of 32 KiB at least where its thread has a crash
// stack, and a few descriptors are kept free for it. It watches the deadline;
// one that does not is cut off, wherever it is, and so is one that crashes:
// what follows is not called then.
//
// AddReserveCallback is for the same kind of code if the drain at the end of
// the process hangs. A tenth of the drain's deadline is kept for it
// (ExitOptions::temp_dir_share): if the drain is not over by then, the
// callbacks run on the watchdog's thread, an ordinary thread, while the drain
// goes on, and before the watchdog ends the process. Here, too, any lock may be
// held, so the same rules hold. Temp dirs are removed so without being asked
// for it.
//
// The code must stay mapped: a callback is never taken back.
//
// Thread-safe. Not for use in a signal handler.
#ifndef FINALIZE_CRASH_CALLBACK_H_
#define FINALIZE_CRASH_CALLBACK_H_

#include "finalize/crash.h"
#include "finalize/internal/crash_callbacks.h"

namespace finalize {

// Has `callback` called, once, however often it is added. False if there is no
// room: kMaxCrashCallbacks others are there.
inline bool AddCrashCallback(CrashCallback callback) {
  return finalize_internal::AddCrashCallback(callback);
}
// The same for a drain that hangs.
inline bool AddReserveCallback(CrashCallback callback) {
  return finalize_internal::AddReserveCallback(callback);
}

}  // namespace finalize

#endif  // FINALIZE_CRASH_CALLBACK_H_
