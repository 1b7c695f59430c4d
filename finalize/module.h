// SPDX-License-Identifier: Apache-2.0

// Including this header in a shared library runs what the library has
// registered before dlclose() unmaps it.
//
//   // plugin.cc, linked into plugin.so
//   #include "finalize/module.h"  // in one of its source files
//
//   extern "C" void Start() { finalize::AtExit("stop", StopPlugin); }
//
// The header adds a destructor function to the shared library (the module).
// dlclose() calls that function first of all, while every static object of the
// module is alive; it runs each pending finalizer that the module's code has
// registered, in any registry, whatever its at_exit says.
//
// Order: in each registry, higher phase first, then newest first. Cause:
//   kModuleUnload.
// Threads: the one that called dlclose(). It waits, without a limit, for
//   callbacks of the module that other threads are running.
// Failure: the failure reporter receives it. A retryable finalizer that fails
//   is not tried again. If memory is short, every finalizer still runs.
// Lifetime: the code and the static objects of the module are still alive. At
//   exit() the module stays mapped: the exit drain runs what it registered in
//   the process registry; what it registered in other registries is destroyed
//   later, without running.
// Weak references: callbacks that the module has registered are destroyed
//   without running, because their referents have not been destroyed.
// Copies: if the module has its own copy of this library, link it with a
//   version script that exports only its own functions.
//
// docs/modules.md has the details: which module a callback belongs to, the two
// ways to link, what keeps a module mapped (then dlclose() does nothing and
// everything runs at exit), and what happens if copies of the library meet.
//
// Not covered: a callable that Detach() returned, or that another thread is
// destroying in Cancel(); a shared_ptr of MakeShared or Adopt, a weak reference
// with a callback, an entry of a weak container, a failure reporter or an
// observer that outlives the module that created it; a callback that a drain
// left running at its deadline; a Report or Info that names a line of the
// module and is printed after the module is unmapped. dlclose() of a module
// inside one of its own callbacks is fatal. A callback that runs on another
// thread during dlclose() must not call dlopen(), InstallExitHooks(), or, as
// the first of its thread, AtThreadExit(): dlclose() holds the lock of the
// dynamic linker.
#ifndef FINALIZE_MODULE_H_
#define FINALIZE_MODULE_H_

#include "finalize/internal/unload/module.h"

namespace finalize_internal {
namespace {

// Records that exit() has begun. exit() destroys a module's static objects
// before it calls the destructor functions of all modules; dlclose() calls a
// module's destructor functions first.
class ExitMark {
 public:
  constexpr explicit ExitMark(bool* exits) : exits_(exits) {}
  ~ExitMark() { *exits_ = true; }
  ExitMark(const ExitMark&) = delete;
  ExitMark& operator=(const ExitMark&) = delete;

 private:
  bool* const exits_;
};
bool process_exits = false;
ExitMark exit_mark(&process_exits);

__attribute__((destructor, used)) void UnloadThisModule() {
  UnloadModule(reinterpret_cast<const void*>(&UnloadThisModule), process_exits);
}

}  // namespace
}  // namespace finalize_internal

#endif  // FINALIZE_MODULE_H_
