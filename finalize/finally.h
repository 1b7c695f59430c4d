// Finally: a scope guard that exit() runs too, once.
//
//   void Copy(const std::string& to) {
//     finalize::Finally remove_partial([&] { unlink(to.c_str()); });
//     Fill(to);                  // may call exit(), deep inside
//     remove_partial.Cancel();   // the file is complete: keep it
//   }
//
// At the end of its scope it runs the callback on this thread, however the
// scope is left. If the process ends while the scope is still open, the exit
// drain runs it instead, in order with all other finalizers.
//
// The callback may capture the frame by reference: where another thread has
// claimed it (an exit drain while this thread still runs), the destructor
// waits until that run is over.
//
// Failure: on scope end and in drains an exception or a non-OK status goes to
// the failure reporter. Run() lets an exception through.
//
// It is neither copied nor moved.
// Confined to one thread.
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
  // With options, of which a name is enough, and bound arguments.
  template <class F, class... A>
  Finally(Options options, F&& function, A&&... arguments)
      : ref_(finalize_internal::RegisterNode<
             finalize_internal::Invocation::kOnce>(
            {finalize_internal::ProcessCore(), &options},
            std::forward<F>(function), std::forward<A>(arguments)...)) {}
  // With a callback alone. The place is the caller's line here too.
  template <class F, finalize_internal::EnableIfCallback<F> = 0,
            class = std::enable_if_t<!std::is_same_v<std::decay_t<F>, Finally>>>
  explicit Finally(F&& function, CallerPlace place = CallerPlace::Here())
      : Finally(Options().set_place(place.place()), std::forward<F>(function)) {
  }
  // Does not compile, and says what to write.
  template <class First, class... Rest,
            finalize_internal::EnableIfMisuse<First, Rest...> = 0>
  explicit Finally(First&&, Rest&&...)
      : ref_(finalize_internal::Refuse<First, Rest...>()) {}

  ~Finally() { finalize_internal::EndScope(ref_); }

  Finally(const Finally&) = delete;
  Finally& operator=(const Finally&) = delete;

  // Whether the callback is still to run.
  bool alive() const noexcept { return finalize_internal::Alive(ref_); }

  // Runs the callback now; the end of the scope will not. Returns false where
  // another trigger has claimed it.
  bool Run() { return finalize_internal::RunForCaller(ref_, nullptr); }

  // Destroys the callback, unrun. Returns false if another trigger has claimed
  // it.
  bool Cancel() noexcept { return finalize_internal::Cancel(ref_); }

 private:
  finalize_internal::NodeRef ref_;
};

}  // namespace finalize

#endif  // FINALIZE_FINALLY_H_
