// SPDX-License-Identifier: Apache-2.0

// How a plugin of an interpreter uses the library: docs/interpreters.md.
#include <utility>

#include "examples/quoted/interpreter.h"
#include "finalize/exit_hooks.h"
#include "finalize/registry.h"

namespace script {

// A reference to an object of the interpreter. It may be destroyed on any
// thread, with or without the lock, and after the interpreter has ended.
class Reference {
 public:
  explicit Reference(Object* object) : object_(object) {}
  Reference(Reference&& other) noexcept
      : object_(std::exchange(other.object_, nullptr)) {}
  ~Reference() {
    if (object_ == nullptr || !InterpreterRuns()) return;  // leaked at the end
    InterpreterLock lock;
    Unreference(object_);
  }

  bool Call() const {
    if (!InterpreterRuns()) return false;
    InterpreterLock lock;
    return script::Call(object_);
  }

 private:
  Object* object_;
};

// Callbacks that need the interpreter: EndOfInterpreter() runs them.
finalize::Registry& ScriptRegistry() {
  static auto* const registry = new finalize::Registry;  // never destroyed
  return *registry;
}

void CallAtEnd(Object* function) {
  ScriptRegistry().Register("script callback",
                            [call = Reference(function)] { call.Call(); });
}

// The interpreter calls this while it still runs, with its lock held; in Python
// a function that was given to atexit.register() does.
void EndOfInterpreter() {
  InterpreterUnlock unlock;
  ScriptRegistry().Drain();
}

bool HookSignals() {
  finalize::ExitHooks hooks;
  hooks.shutdown_descriptor = true;  // for the event loop: no drain without it
  return finalize::InstallExitHooks(hooks).ok();
}

// The event loop calls this when ShutdownDescriptor() is readable.
void EndByRequest(void (*end_interpreter)()) {
  end_interpreter();
  finalize::EndBySignal(finalize::ShutdownSignal());
}

}  // namespace script
