// SPDX-License-Identifier: Apache-2.0

// CrashGate prevents threads from creating what a crash callback is removing.
//
//   absl::Status MakeSocket() {
//     finalize::CrashGate gate(finalize::CrashGate::Use::kMake);
//     if (gate.refused()) return absl::CancelledError("the process crashed");
//     return BindAndEnter(socket_path);  // in the table of the callback
//   }
//
// A crash callback (crash_callback.h) runs while all other threads continue,
// and would miss what they create meanwhile. From the first moment of the
// crash, other threads cannot pass through a scope that has a CrashGate. Every
// function of tempdir/ that creates or removes something has one.
//
// Threads: a thread that enters or leaves such a scope while the process
//   crashes waits there until the process has ended. Before the handler calls
//   the callbacks, it waits for the threads that are inside, at most 100 ms.
//   The threads that crash, and so the callbacks and the handlers that were
//   installed before, do not wait: they are refused. Threads outside of such
//   scopes are neither signaled nor stopped.
// Failure: if the process survives, because a debugger withheld the signal or a
//   handler recovered against ExitHooks::crash_handlers_never_return, the gate
//   opens again one minute after the time for the handling has passed. If a
//   handler that was installed before calls exit(), the drain releases the
//   waiting threads, and they are refused.
// Lifetime: the gate of a forked child is open.
// Cost: two atomic exchanges on a word that other threads seldom use.
//
// Not covered: the handler waits for at most 256 threads at once.
//
// Thread-safe. A CrashGate is confined to its scope.
#ifndef FINALIZE_CRASH_GATE_H_
#define FINALIZE_CRASH_GATE_H_

#include "finalize/internal/crash/crash_gate.h"

namespace finalize {

class CrashGate {
 public:
  // kMake: the scope may create something. While OthersMake() is true, a
  // callback looks again for what such a scope has created.
  enum class Use { kMake, kRemove };

  explicit CrashGate(Use use = Use::kRemove)
      : refused_(!finalize_internal::EnterCrashGate(use == Use::kMake,
                                                    &announcement_)) {}
  ~CrashGate() {
    if (!refused_) finalize_internal::LeaveCrashGate(announcement_);
  }
  CrashGate(const CrashGate&) = delete;
  CrashGate& operator=(const CrashGate&) = delete;

  // Returns true if the process is crashing and this thread does not wait. The
  // scope must then do nothing, and take no lock.
  bool refused() const { return refused_; }

  // Enters and leaves an empty scope: waits if the gate is shut, and returns
  // whether the thread is refused.
  static bool Refuses() { return IsShut() && CrashGate().refused(); }

  // Returns whether a crash is being handled, for long work inside a scope.
  static bool IsShut() { return finalize_internal::CrashGateIsShut(); }

  // For a callback: returns whether another thread is inside a scope of kMake.
  // Async-signal-safe.
  static bool OthersMake() { return finalize_internal::OthersMake(); }

  // For the drain of an exit() that a handler calls: releases the waiting
  // threads.
  static void Release() { finalize_internal::ReleaseCrashGate(); }

 private:
  finalize_internal::Announcement announcement_;
  const bool refused_;
};

}  // namespace finalize

#endif  // FINALIZE_CRASH_GATE_H_
