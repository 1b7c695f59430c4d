// Finally: a scope guard that exit() runs too, once.
//
//   void Copy(const std::string& to) {
//     finalize::Finally remove_partial([&] { unlink(to.c_str()); });
//     Fill(to);                  // may call exit(), deep inside
//     remove_partial.Detach();   // the file is complete: keep it
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
#include "finalize/internal/process_core.h"
#include "finalize/internal/registration.h"
#include "finalize/internal/run_for_caller.h"
#include "finalize/internal/scope_end.h"
#include "finalize/options.h"

namespace finalize {

class [[nodiscard]] Finally {
 public:
  template <class F, finalize_internal::EnableIfCallback<F> = 0,
            class = std::enable_if_t<!std::is_same_v<std::decay_t<F>, Finally>>>
  explicit Finally(F&& function, Place place = Place::Caller())
      : Finally(Options().At(place), std::forward<F>(function)) {}

  template <class F>
  Finally(Options options, F&& function)
      : ref_(finalize_internal::RegisterNode<
             finalize_internal::Invocation::kOnce>(
            {finalize_internal::ProcessCore(), &options},
            std::forward<F>(function))) {}

  ~Finally() { finalize_internal::EndScope(ref_); }

  Finally(const Finally&) = delete;
  Finally& operator=(const Finally&) = delete;

  // Whether the callback is still to run.
  bool alive() const noexcept { return finalize_internal::Alive(ref_); }

  // Runs the callback now; the end of the scope will not. Returns false where
  // another trigger has claimed it.
  bool Run() { return finalize_internal::RunForCaller(ref_, nullptr); }

  // The callback will not run, and is destroyed. Returns false where another
  // trigger has claimed it.
  bool Detach() {
    finalize_internal::Node* node = finalize_internal::Detach(ref_);
    if (node != nullptr) finalize_internal::DropDetached(node);
    return node != nullptr;
  }

 private:
  finalize_internal::NodeRef ref_;
};

}  // namespace finalize

#endif  // FINALIZE_FINALLY_H_
