// What a shared library has registered runs before dlclose() unmaps it.
//
//   // plugin.cc, linked into plugin.so
//   #include "finalize/module.h"  // in one of its source files
//
//   extern "C" void Start() { finalize::AtExit("stop", StopPlugin); }
//
// Including it is all there is to do. It adds a destructor function to the
// module, which dlclose() calls first of all, while every static object of the
// module is alive. That runs each pending finalizer the module has registered,
// in the process registry and in any other, whatever its at_exit says, on the
// thread in dlclose(), highest phase and newest first in each registry. Cause:
// kModuleUnload. It waits, without a limit, for those that other threads are
// running. Failures go to the failure reporter; one that could be tried again
// is not. Want of memory leaves none unrun. The callbacks of weak references
// (weak_ref.h) that the module has registered are destroyed unrun: their
// referents have not died.
//
// At exit() the module stays mapped: the exit drain runs what it registered in
// the process registry, in the one order of all. After that, what it registered
// elsewhere is destroyed, unrun, when exit() comes to the destructor functions:
// a dlclose() in a late exit handler would look the same.
//
// Who registered it? The module whose code calls Register: the one in which the
// template was compiled. A callback handed to the program as a std::function,
// which the program registers, is the program's. A TempDir is registered by the
// code of the tempdir library.
//
// Two ways to link:
//   The library in the program, exported to the module (-rdynamic), or in a
//   shared library of its own: there is one process registry. This header is
//   needed in each module that may be closed.
//   A copy of the library in the module: there are two, with a process registry
//   and an exit drain each, and dlclose() of the module drains its own, with or
//   without this header; other registries of the copy, with this header. Link
//   the module with a version script that exports no more than its own
//   functions: else the program's symbols may stand in for some of the copy's.
//   The copies end the process together (exit_hooks.h, "Several copies"). A
//   module that is closed while another copy drains for a signal runs what it
//   has registered first: the process does not end under that before the exit
//   deadline of its copy (exit_options.h). One that has installed exit hooks
//   stays mapped, and drains.
//
// glibc never unmaps a module with a unique symbol that is in use (nm -D says
// `u`; inline functions of Boost and Abseil make some), nor one that has a
// thread_local with a destructor, until the threads that used it have ended.
// Then dlclose() does nothing, and all this is done at exit(). A version script
// hides unique symbols. The library itself has no unique symbol, nor do its
// headers give one to a module's code, and it makes no such thread_local in a
// module.
//
// A copy of the tempdir library in the module keeps it mapped likewise, from
// the first temp dir on that may start a thread: unless automatic reaping is
// switched off (FINALIZE_REAP=0, tempdir/reap.h) and none is removed in the
// background.
//
// Not covered: a callable that Detach() gave away, or that another thread is
// destroying in Cancel(); a shared_ptr of MakeShared or Adopt, a weak reference
// with a callback, an entry of a weak container, a failure reporter or an
// observer that outlives the module that made it; a callback that a drain left
// behind at its deadline; and a Report or Info that names a line of the module,
// printed after it is gone. Inside a callback of the module dlclose() of it is
// as fatal as ever. dlclose() waits for the callbacks of the module that other
// threads run, with the lock of the dynamic linker held: such a callback must
// not call dlopen(), nor InstallExitHooks(), nor AtThreadExit() as the first of
// its thread.
//
// Of a copy of the library inside a module, no other thread may be in exit(),
// in a drain or on one of its helper threads when dlclose() unmaps it. In such
// a copy AtThreadExit (thread_exit.h) comes after the thread_locals.
#ifndef FINALIZE_MODULE_H_
#define FINALIZE_MODULE_H_

#include "finalize/internal/module.h"

namespace finalize_internal {
namespace {

// Tells that exit() has begun. It destroys a module's static objects before it
// calls the destructor functions of all modules; dlclose() calls a module's
// destructor functions first.
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
