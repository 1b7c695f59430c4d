// SPDX-License-Identifier: Apache-2.0

// Finally: a scope guard that exit() runs too.
//
//   bool Copy(const std::string& to) {
//     finalize::Finally remove_partial([&] { unlink(to.c_str()); });
//     if (!Fill(to)) return false;  // the file is removed. So it is if Fill
//                                   // throws, or calls exit() deep inside
//     remove_partial.Cancel();      // the file is complete: keep it
//     return true;                  // nothing runs
//   }
//
// When its scope ends, by return or by exception, the callback runs on this
// thread. If the process ends while the scope is open, the exit drain runs it.
//
// Order: in an exit drain in order with all other finalizers (registry.h).
// Threads: if another thread runs the callback (an exit drain while this thread
//   continues), the destructor waits until the run has ended. So the callback
//   may refer to local variables. But this thread may still be inside the scope
//   then: what both use must be safe for two threads.
// Deadline: if the deadline of the exit drain passes first (process_end.h), the
//   callback is destroyed without running, and that is reported.
// Refusal: if the registry refuses registrations of this thread, for example
//   because the process is ending (registry.h), the end of the scope runs the
//   callback nevertheless, and no drain does. If there is no memory, the
//   callback is destroyed without running, and that is reported.
// Failure: an exception or a non-OK status is reported (failure_reporter.h).
//   Run() lets an exception through to its caller instead.
// Lifetime: it can be neither copied nor moved.
//
// Confined to one thread at a time: a fiber or coroutine may end its scope on
// another thread than the one on which the scope began.
#ifndef FINALIZE_FINALLY_H_
#define FINALIZE_FINALLY_H_

#include <type_traits>
#include <utility>

#include "finalize/finalizer.h"
#include "finalize/internal/inspect/finalizer_ops.h"
#include "finalize/internal/life/registration.h"
#include "finalize/internal/life/run_for_caller.h"
#include "finalize/internal/node/process_core.h"
#include "finalize/options.h"

namespace finalize {

class [[nodiscard]] Finally {
 public:
  // With options, for which a name is enough, and bound arguments.
  template <class F, class... A>
  Finally(Options options, F&& function, A&&... arguments)
      : ref_(finalize_internal::RegisterNode<
             finalize_internal::Invocation::kOnce>(
            {finalize_internal::ProcessCore(), &options, /*lifetime=*/nullptr,
             /*refusal=*/nullptr, /*of_scope=*/true},
            std::forward<F>(function), std::forward<A>(arguments)...)) {}
  // With a callback alone. Here too, reports show the caller's line.
  template <class F, finalize_internal::EnableIfCallback<F> = 0,
            class = std::enable_if_t<!std::is_same_v<std::decay_t<F>, Finally>>>
  explicit Finally(F&& function, CallerPlace place = CallerPlace::Here())
      : Finally(Options().set_place(place.place()), std::forward<F>(function)) {
  }
  // Any other call does not compile; the error says what to write.
  template <class First, class... Rest,
            finalize_internal::EnableIfMisuse<First, Rest...> = 0>
  explicit Finally(First&&, Rest&&...)
      : ref_(finalize_internal::Refuse<First, Rest...>()) {}

  ~Finally() { finalize_internal::EndScope(ref_); }

  Finally(const Finally&) = delete;
  Finally& operator=(const Finally&) = delete;

  // Whether the callback is pending: it has not started, and is not canceled.
  bool alive() const noexcept { return finalize_internal::Alive(ref_); }

  // Runs the callback now instead of at the end of the scope. Returns false if
  // another trigger has claimed it.
  bool Run() { return finalize_internal::RunForCaller(ref_, nullptr); }

  // Destroys the callback without running it. Returns false if another trigger
  // has claimed it.
  bool Cancel() noexcept { return finalize_internal::Cancel(ref_); }

 private:
  finalize_internal::NodeRef ref_;
};

}  // namespace finalize

#endif  // FINALIZE_FINALLY_H_
