// CrashGate: keeps threads from making what a crash callback is removing.
//
//   absl::Status MakeSocket() {
//     finalize::CrashGate gate(finalize::CrashGate::Use::kMake);
//     if (gate.refused()) return absl::CancelledError("the process crashed");
//     return BindAndEnter(socket_path);  // in the table of the callback
//   }
//
// A crash callback (crash_callback.h) runs while all other threads go on: what
// they make behind its back is left. A scope with a CrashGate in it is closed
// to them from the first moment of the handling. Temp dirs have one in every
// function that makes or removes something.
//
// Threads: a thread that enters or leaves such a scope while the process
// crashes waits there until the process has ended. The handler waits for
// threads that are inside, 100 ms at most, before it calls the callbacks. The
// threads that crash, and so the callbacks and the handlers that were there
// before, do not wait: they are refused. No thread is signaled or stopped
// elsewhere.
//
// If the process lives on (a debugger withheld the signal, or a handler
// recovered against ExitHooks::crash_handlers_end), the gate opens again a
// minute after the time for the handling has passed. If a handler that was
// there before calls exit(), the drain lets all threads go, and they are
// refused.
//
// Fork: the gate of a child is open.
//
// Cost: two atomic exchanges on a word that other threads seldom use. More than
// 256 threads at once are not waited for.
//
// Thread-safe. Confined to a scope.
#ifndef FINALIZE_CRASH_GATE_H_
#define FINALIZE_CRASH_GATE_H_

#include "finalize/internal/crash_gate.h"

namespace finalize {

class CrashGate {
 public:
  // kMake: the scope may leave something new behind, which a callback can look
  // for again as long as OthersMake().
  enum class Use { kMake, kRemove };

  explicit CrashGate(Use use = Use::kRemove)
      : refused_(!finalize_internal::EnterCrashGate(use == Use::kMake,
                                                    &announcement_)) {}
  ~CrashGate() {
    if (!refused_) finalize_internal::LeaveCrashGate(announcement_);
  }
  CrashGate(const CrashGate&) = delete;
  CrashGate& operator=(const CrashGate&) = delete;

  // Whether the process crashes and this thread is not held: the scope is to do
  // nothing, and to take no lock.
  bool refused() const { return refused_; }

  // A scope without content: waits if the gate is shut, and returns whether the
  // thread is refused.
  static bool Refuses() { return IsShut() && CrashGate().refused(); }

  // Whether a crash is being handled, for long work inside a scope.
  static bool IsShut() { return finalize_internal::CrashGateIsShut(); }

  // For a callback: whether another thread is inside a scope that makes
  // something. Async-signal-safe.
  static bool OthersMake() { return finalize_internal::OthersMake(); }

  // For the drain of an exit() that a handler calls: lets the threads go that
  // wait.
  static void Release() { finalize_internal::ReleaseCrashGate(); }

 private:
  finalize_internal::Announcement announcement_;
  const bool refused_;
};

}  // namespace finalize

#endif  // FINALIZE_CRASH_GATE_H_
