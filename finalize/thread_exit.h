// AtThreadExit: runs a callback when the calling thread ends.
//
//   #include "finalize/thread_exit.h"
//
//   void Worker() {
//     Arena* arena = NewArena();
//     finalize::AtThreadExit("free arena", FreeArena, arena);
//     ...
//   }
//
// It runs on that thread, whoever started it: std::thread, pthread_create, main
// itself; and however it ends: return, pthread_exit, pthread_cancel. Cause:
// kThreadExit. Order: higher phase first, then newest first. What a callback
// registers with AtThreadExit runs too, next or at its phase's turn.
//
// thread_local objects that were complete before the thread's first call of
// AtThreadExit are still alive while the callbacks run, and those completed
// after it are gone. To be sure of one, use it before. (In a copy of the
// library inside a shared library that may be closed, all of them are gone:
// module.h.)
//
// The finalizers are in the process registry too. So exit() runs those of every
// thread that has not ended by then, detached or blocked as it may be, each
// once, with cause kExit, on the thread that calls exit(); and so does whatever
// else drains that registry, with its own cause: a signal, quick_exit() or
// std::terminate() where exit_hooks.h says so, Registry::Process().Drain(). The
// threads go on meanwhile: a callback for which that is wrong, because it uses
// what its thread may still be using, or a thread_local by name, which means
// another thread's object there, is to be registered with
// Options::set_at_exit(false), or to look at its Cause.
//
// The main thread ends with exit(), if it is the one that calls it: its
// callbacks run first, before every atexit handler and static destructor. If
// another thread calls exit(), they are run by the exit drain.
//
// Refusal and failure are as registry.h says: nothing escapes from a callback,
// and the rest still runs. A callback that ends its thread once more, by
// pthread_exit, ends the process with a message.
//
// After the end: a destructor of a thread_local or of a pthread key may still
// register, and it runs. What is registered in the last round of key
// destructors that the C library grants (the fourth) waits for exit().
//
// Fork: the child has one thread, the one that forked; what that thread had
// registered belongs to the parent.
//
// Not for a signal handler. Where the C library has no memory to remember a
// thread's first call, it ends the process.
//
// Thread-safe.
#ifndef FINALIZE_THREAD_EXIT_H_
#define FINALIZE_THREAD_EXIT_H_

#include <utility>

#include "finalize/finalizer.h"
#include "finalize/internal/life/registration.h"
#include "finalize/internal/unload/thread_end.h"
#include "finalize/options.h"

namespace finalize {

// Registers a callback with bound arguments (copied or moved in) and returns
// its handle. A name is a set of options:
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
// The same for a callback alone. The place is the caller's line here too.
template <class F, finalize_internal::EnableIfCallback<F> = 0>
FinalizerFor<F> AtThreadExit(F&& function,
                             CallerPlace place = CallerPlace::Here()) {
  return AtThreadExit(Options().set_place(place.place()),
                      std::forward<F>(function));
}
// Does not compile, and says what to write.
template <class F, class... A, finalize_internal::EnableIfMisuse<F, A...> = 0>
FinalizerFor<F, A...> AtThreadExit(F&&, A&&...) {
  return finalize_internal::FinalizerAccess::Make<FinalizerFor<F, A...>>(
      finalize_internal::Refuse<F, A...>());
}

}  // namespace finalize

#endif  // FINALIZE_THREAD_EXIT_H_
