// DetachedThread: a thread of the library's own, which nobody joins.
//
// libc gives the stack of a thread that has ended, with all that it has
// allocated for that thread, to a later one that asks for as much. For a thread
// of the library, which may live as long as the process, memcheck would then
// name a call of the program's. So these ask for a little more than the program
// does: none of them gets a stack that a thread of usual size has left.
#ifndef FINALIZE_INTERNAL_SYSTEM_DETACHED_THREAD_H_
#define FINALIZE_INTERNAL_SYSTEM_DETACHED_THREAD_H_

#include <memory>
#include <new>
#include <utility>

namespace finalize_internal {

// Starts a thread at run(argument). False if the system has no more threads.
bool StartDetachedThread(void* (*run)(void* argument), void* argument);

// Starts a thread that calls run(). False also if there is no memory. An
// exception that leaves run() ends the process.
template <class F>
bool StartDetached(F run) {
  auto* const kept = new (std::nothrow) F(std::move(run));
  if (kept == nullptr) return false;
  const auto call = [](void* argument) -> void* {
    (*std::unique_ptr<F>(static_cast<F*>(argument)))();
    return nullptr;
  };
  if (StartDetachedThread(call, kept)) return true;
  delete kept;
  return false;
}

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_SYSTEM_DETACHED_THREAD_H_
