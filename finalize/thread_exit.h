// SPDX-License-Identifier: Apache-2.0

// AtThreadExit: runs a callback when the calling thread ends.
//
//   void Worker() {
//     Arena* arena = NewArena();
//     finalize::AtThreadExit("free arena", FreeArena, arena);
//     if (!Connect()) pthread_exit(nullptr);  // FreeArena runs
//     Work();  // FreeArena runs if this is canceled by pthread_cancel
//   }          // FreeArena runs
//
// The callback runs however the thread was started (std::thread,
// pthread_create, or main itself) and however it ends (return, pthread_exit,
// pthread_cancel). Its cause is kThreadExit.
//
// The finalizer is in the process registry too. exit() therefore runs the
// callbacks of each thread that has not ended, even if the thread is detached
// or blocked, with cause kExit. So does every other drain of that registry,
// with its own cause: Registry::Process().Drain(), and the ends of the process
// that exit_hooks.h covers (signals, quick_exit(), std::terminate()). The
// threads continue meanwhile. A callback that uses what its thread may still
// use, or that names a thread_local (on another thread that is another object),
// must look at its Cause, or be registered with Options::set_at_exit(false).
//
// Order: higher phase first, then newest first. What a callback registers with
//   AtThreadExit runs too, next or at the turn of its phase.
// Threads: the callback runs on its thread when that ends, and in a drain on
//   the thread that drains. If the main thread calls exit(), or returns from
//   main, its callbacks run first, before every atexit handler and static
//   destructor. If another thread calls exit(), the exit drain runs them.
// Failure: as in registry.h: no exception leaves a callback, and the remaining
//   callbacks still run. A callback that calls pthread_exit() ends the process
//   with a message. If the C library has no memory to record the first call of
//   a thread, it ends the process.
// Lifetime: thread_local objects that were constructed before the first call of
//   AtThreadExit on the thread still exist while callbacks run; later ones are
//   destroyed. To make sure that one exists, use it before. (If a shared
//   library that may be closed has its own copy of this library, all of them
//   are destroyed: module.h.) A destructor of a thread_local or of a pthread
//   key may still register a callback, and it runs. What is registered in the
//   last round of key destructors of the C library (the fourth) waits for
//   exit().
// Fork: the only thread of a child is the one that forked; what it had
//   registered before belongs to the parent.
//
// Thread-safe. Not for use in a signal handler.
#ifndef FINALIZE_THREAD_EXIT_H_
#define FINALIZE_THREAD_EXIT_H_

#include <utility>

#include "finalize/finalizer.h"
#include "finalize/internal/life/registration.h"
#include "finalize/internal/unload/thread_end.h"
#include "finalize/options.h"

namespace finalize {

// Registers a callback with bound arguments (copied or moved in) and returns
// its handle, a Finalizer<R> if the callback returns an R. A name converts to
// Options:
//   AtThreadExit("free arena", FreeArena, arena);
// The callback may take a `const Cause&` before the arguments.
template <class F, class... A>
FinalizerFor<F, A...> AtThreadExit(Options options, F&& function,
                                   A&&... arguments) {
  constexpr auto kOnce = finalize_internal::Invocation::kOnce;
  return finalize_internal::FinalizerAccess::Make<FinalizerFor<F, A...>>(
      finalize_internal::RegisterOnThread<kOnce>(
          options, std::forward<F>(function), std::forward<A>(arguments)...));
}
// The same for a callback alone. Here too, reports show the caller's line.
template <class F, finalize_internal::EnableIfCallback<F> = 0>
FinalizerFor<F> AtThreadExit(F&& function,
                             CallerPlace place = CallerPlace::Here()) {
  return AtThreadExit(Options().set_place(place.place()),
                      std::forward<F>(function));
}
// Any other call does not compile; the error says what to write.
template <class F, class... A, finalize_internal::EnableIfMisuse<F, A...> = 0>
FinalizerFor<F, A...> AtThreadExit(F&&, A&&...) {
  return finalize_internal::FinalizerAccess::Make<FinalizerFor<F, A...>>(
      finalize_internal::Refuse<F, A...>());
}

}  // namespace finalize

#endif  // FINALIZE_THREAD_EXIT_H_
