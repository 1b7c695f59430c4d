// SPDX-License-Identifier: Apache-2.0

// Cause: which event made a finalizer run.
//
//   finalize::AtExit([](const finalize::Cause& cause) {
//     if (cause.kind == finalize::Cause::Kind::kSignal) Log(cause.signal);
//   });
//
// A callback gets it if its first parameter is a `const finalize::Cause&`.
//
// Thread-compatible (const calls may run concurrently).
#ifndef FINALIZE_CAUSE_H_
#define FINALIZE_CAUSE_H_

#include <cstdint>

#include "finalize/internal/base/requirements.h"

namespace finalize {

struct Cause {
  enum class Kind : uint8_t {
    kCall,          // Run() on its handle
    kDestroy,       // its referent was destroyed
    kScope,         // the end of the scope of a Finally
    kDrain,         // Registry::Drain(), or its registry was destroyed
    kExit,          // exit(), or return from main
    kQuickExit,     // quick_exit()
    kTerminate,     // std::terminate()
    kSignal,        // a signal that asks the process to end
    kThreadExit,    // the end of its thread
    kModuleUnload,  // dlclose() of the module that registered it
    kClosed,        // its registry refused it, and IfClosed::kRunNow
  };

  constexpr Cause(Kind kind_in, int signal_in = 0)  // NOLINT(runtime/explicit)
      : kind(kind_in), signal(signal_in) {}

  // Returns true if the process is about to end. A drain with such a cause
  // skips the finalizers whose at_exit is false.
  constexpr bool IsProcessEnd() const {
    return kind == Kind::kExit || kind == Kind::kQuickExit ||
           kind == Kind::kTerminate || kind == Kind::kSignal;
  }

  // Returns a word such as "call" or "exit"; never null.
  constexpr const char* ToString() const {
    switch (kind) {
      case Kind::kCall:
        return "call";
      case Kind::kDestroy:
        return "destroy";
      case Kind::kScope:
        return "scope";
      case Kind::kDrain:
        return "drain";
      case Kind::kExit:
        return "exit";
      case Kind::kQuickExit:
        return "quick_exit";
      case Kind::kTerminate:
        return "terminate";
      case Kind::kSignal:
        return "signal";
      case Kind::kThreadExit:
        return "thread exit";
      case Kind::kModuleUnload:
        return "module unload";
      case Kind::kClosed:
        return "closed";
    }
    return "unknown";
  }

  Kind kind;
  int signal;  // the signal's number if kind is kSignal, else 0
};

constexpr bool operator==(const Cause& a, const Cause& b) {
  return a.kind == b.kind && a.signal == b.signal;
}
constexpr bool operator!=(const Cause& a, const Cause& b) { return !(a == b); }

}  // namespace finalize

#endif  // FINALIZE_CAUSE_H_
