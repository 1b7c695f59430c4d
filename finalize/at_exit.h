// SPDX-License-Identifier: Apache-2.0

// AtExit: runs a callback when the process ends normally: by exit(), or by a
// return from main.
//
//   void Flush(const std::string& path);
//
//   int main() {
//     finalize::Finalizer<> flush =
//         finalize::AtExit("flush journal", Flush, std::string("/j"));
//     if (IsReadOnly()) flush.Cancel();  // Flush never runs
//     if (!Serve()) {
//       flush.Run();    // Flush runs here, and not again
//       std::abort();
//     }
//     return 0;         // Flush runs here, unless it was canceled
//   }
//
// AtExit is Registry::Process().Register(); registry.h says more about order,
// refusal and failure. process_end.h sets the time limit of the drain at exit.
//
// Order: higher phase first, then newest first, across all threads.
// Threads: the callback runs on the thread that calls exit(), unless
//   ExitOptions asks for helper threads, by `threads` or a `phase_limit`
//   (process_end.h); with no lock held. A callback that ends its thread, by
//   pthread_exit() or cancellation, ends the process with a message and
//   abort().
// Failure: an exception or a non-OK status is reported (failure_reporter.h),
//   and the remaining callbacks still run. Run() lets an exception through to
//   its caller instead.
// Lifetime: objects with static storage that were constructed before the first
//   registration still exist while callbacks run; those that were constructed
//   later are already destroyed, and so are the thread_local objects of the
//   thread that calls exit().
// Cost: linking installs nothing. The first registration of a process installs
//   eight std::atexit handlers, a pthread_atfork handler, and a page that the
//   kernel wipes in a forked child. On kernels that do not wipe it (gVisor,
//   qemu-user, Linux before 4.14) each use of a finalizer takes some
//   microseconds more. If anything is pending, the drain starts a watchdog
//   thread.
//
// Not covered: _exit, quick_exit, exec, abort and signals run no callbacks.
// exit_hooks.h has hooks for some of these.
//
// Not for: callbacks that belong to an object (OnDestroy, lifetime.h), to a
// scope (Finally, finally.h) or to a thread (AtThreadExit, thread_exit.h).
//
// Thread-safe.
#ifndef FINALIZE_AT_EXIT_H_
#define FINALIZE_AT_EXIT_H_

#include <utility>

#include "finalize/finalizer.h"
#include "finalize/internal/life/registration.h"
#include "finalize/internal/node/process_core.h"
#include "finalize/options.h"

namespace finalize {

// Registers a callback with bound arguments (copied or moved in) and returns
// its handle, a Finalizer<R> if the callback returns an R. A name converts to
// Options:
//   AtExit("flush journal", Flush, path);
// The callback may take a `const Cause&` before the arguments.
template <class F, class... A>
FinalizerFor<F, A...> AtExit(Options options, F&& function, A&&... arguments) {
  constexpr auto kOnce = finalize_internal::Invocation::kOnce;
  return finalize_internal::FinalizerAccess::Make<FinalizerFor<F, A...>>(
      finalize_internal::RegisterNode<kOnce>(
          {finalize_internal::ProcessCore(), &options},
          std::forward<F>(function), std::forward<A>(arguments)...));
}
// The same for a callback alone. Here too, reports show the caller's line.
template <class F, finalize_internal::EnableIfCallback<F> = 0>
FinalizerFor<F> AtExit(F&& function, CallerPlace place = CallerPlace::Here()) {
  return AtExit(Options().set_place(place.place()), std::forward<F>(function));
}
// Any other call does not compile; the error says what to write.
template <class F, class... A, finalize_internal::EnableIfMisuse<F, A...> = 0>
FinalizerFor<F, A...> AtExit(F&&, A&&...) {
  return finalize_internal::FinalizerAccess::Make<FinalizerFor<F, A...>>(
      finalize_internal::Refuse<F, A...>());
}

}  // namespace finalize

#endif  // FINALIZE_AT_EXIT_H_
