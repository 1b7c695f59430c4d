// AtExit: runs a callback when the process ends by exit() or by a return from
// main, unless it was run or detached before.
//
//   #include "finalize/at_exit.h"
//
//   void Flush(const std::string& path);
//
//   auto flush = finalize::AtExit("flush journal", Flush, std::string("/j"));
//   ...
//   flush.Run();     // now, once; exit() will not run it again
//   flush.Cancel();  // or never
//
// It is Registry::Process().Register(): order, refusal and failure are as
// registry.h says. In short: newest first, on the thread that calls exit();
// whatever a callback throws is reported and the rest still runs.
//
// Nothing is installed by linking, and all of it by the first registration of a
// process: eight std::atexit handlers (one drains, the others are for exit()
// calls that meet it), a pthread_atfork handler, and a page that a fork wipes
// (mmap, MADV_WIPEONFORK; if the kernel wipes nothing, as gVisor, qemu-user and
// Linux before 4.14, each use of a finalizer asks which process it is in, some
// microseconds a time). The drain starts a watchdog thread, if anything is
// pending. So objects of static storage that were complete before
// the first registration are still alive while the callbacks run, and those
// completed after it are gone. The exiting thread's thread_locals are gone.
//
// A callback that ends its thread, by pthread_exit() or cancellation, ends the
// process with a message and abort().
//
// What exit() does not see runs nothing: _exit, quick_exit, exec, abort, a
// signal; exit_hooks.h has hooks for some of them. process_end.h sets the time
// limit of the drain.
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
// its handle. A name is a set of options:
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
// The same for a callback alone. The place is the caller's line here too.
template <class F, finalize_internal::EnableIfCallback<F> = 0>
FinalizerFor<F> AtExit(F&& function, CallerPlace place = CallerPlace::Here()) {
  return AtExit(Options().set_place(place.place()), std::forward<F>(function));
}
// Does not compile, and says what to write.
template <class F, class... A, finalize_internal::EnableIfMisuse<F, A...> = 0>
FinalizerFor<F, A...> AtExit(F&&, A&&...) {
  return finalize_internal::FinalizerAccess::Make<FinalizerFor<F, A...>>(
      finalize_internal::Refuse<F, A...>());
}

}  // namespace finalize

#endif  // FINALIZE_AT_EXIT_H_
