// SPDX-License-Identifier: Apache-2.0

// StartDetached starts one of the library's own threads. Such a thread is never
// joined.
//
// If a thread has ended, libc reuses its stack, with everything that libc
// allocated for it, for a later thread that asks for the same size. A thread of
// the library may live as long as the process. If it reused the stack of a
// thread of the program, memcheck would report that memory as allocated by a
// call of the program. So the library's threads ask for a slightly larger stack
// than usual, and never reuse one of the usual size.
#ifndef FINALIZE_INTERNAL_SYSTEM_DETACHED_THREAD_H_
#define FINALIZE_INTERNAL_SYSTEM_DETACHED_THREAD_H_

#include <memory>
#include <new>
#include <utility>

namespace finalize_internal {

// Starts a thread at run(argument). Returns false if the system has no more
// threads.
bool StartDetachedThread(void* (*run)(void* argument), void* argument);

// Starts a thread that calls run(). Returns false also if there is no memory.
// An exception that leaves run() ends the process.
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
