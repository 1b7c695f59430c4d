// SPDX-License-Identifier: Apache-2.0

// Finalizer<R>: the handle to one registered callback, whose result is an R.
//
//   finalize::Finalizer<absl::Status> remove =
//       finalize::AtExit("remove spool", RemoveSpool, path);
//   ...
//   if (std::optional<absl::Status> status = remove.Run()) {
//     // It ran just now, and will not run again.
//   } else {
//     // Another trigger ran it before, or it was canceled.
//   }
//
// If a handle is dropped, the callback stays registered. A handle may be
// copied, and may be kept after the callback has run and after its referent or
// its registry is destroyed: then alive() is false, and no call has an effect.
//
// Finalizers of all results fit in one vector, because each converts to a
// Finalizer<>, whose Run() drops the result:
//
//   std::vector<finalize::Finalizer<>> steps = {remove};
//   for (const finalize::Finalizer<>& step : steps) step.Cancel();
//
// How often: Run(), Cancel(), Detach(), the destruction of the referent, the
//   end of a scope and every drain compete for one claim. Exactly one wins,
//   from any thread, also if the callback fails (except: RegisterRetryable).
// Order: the finalizer is dead before its callback starts. Inside the callback
//   alive() is false, and Run(), Cancel(), Detach() and Peek() return false or
//   an empty value.
// Threads: the callback runs on the thread whose trigger won the claim, with no
//   lock held. It is destroyed, with its bound arguments, as soon as it has
//   run; if 64 or more destructions are nested (lifetime.h), perhaps later.
// Fibers: a callback may be suspended, and may end on another thread, or never.
//   It counts as running until it has returned (finalize/design.md).
// Failure: Run() returns the callback's result, and lets its exception through
//   to the caller. With every other trigger an exception or a non-OK status is
//   reported (failure_reporter.h), and is in the report of the drain if there
//   is one. The destructors of the callback and of its bound arguments must not
//   throw: that ends the process (std::terminate).
// Lifetime: the callback must not own its referent. If it captures a shared_ptr
//   to it, the referent is never destroyed by its other owners.
// Fork: a child's handles to what its parent registered are dead, unless the
//   child adopts it (adopt_after_fork.h).
//
// Thread-safe: any number of threads may use handles to the same finalizer. One
// handle object is thread-compatible (const calls may run concurrently).
#ifndef FINALIZE_FINALIZER_H_
#define FINALIZE_FINALIZER_H_

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "absl/base/config.h"
#include "absl/functional/any_invocable.h"
#include "finalize/export.h"
#include "finalize/internal/base/type_identity.h"
#include "finalize/internal/inspect/finalizer_ops.h"
#include "finalize/internal/life/detached.h"
#include "finalize/internal/life/run_for_caller.h"
#include "finalize/internal/node/callback.h"

// Not "absl/time/time.h", which has as many lines as all headers included here
// together. A caller of Wait(deadline) includes it.
namespace absl {
ABSL_NAMESPACE_BEGIN
class Time;
ABSL_NAMESPACE_END
}  // namespace absl

namespace finalize_internal {
struct FinalizerAccess;
}

namespace finalize {

struct Info;

// The part of a handle that does not depend on the result of its callback.
class FinalizerBase {
 public:
  // Whether it is pending: no trigger has claimed it.
  bool alive() const noexcept { return finalize_internal::Alive(ref_); }

  // Whether its callback is running, on this thread or on another.
  bool running() const noexcept { return finalize_internal::IsRunning(ref_); }

  // Claims it and destroys the callback, with its bound arguments, without
  // running it. Returns false immediately if another trigger has claimed it.
  bool Cancel() const noexcept { return finalize_internal::Cancel(ref_); }

  // Returns what a pending finalizer is (report.h), and does not change it;
  // nullopt if it is dead. If a trigger claims it during the peek, its callback
  // starts when the peek has ended.
  FINALIZE_EXPORT std::optional<Info> Peek() const;

  // Returns copies of the bound arguments of a pending finalizer; nullopt if it
  // is dead, if A... are not exactly their (decayed) types, or if they cannot
  // be copied. If a copy constructor runs, cancels or detaches the same
  // finalizer, the process ends with a message.
  template <class... A>
  std::optional<std::tuple<A...>> PeekArguments() const {
    std::optional<std::tuple<A...>> arguments;
    finalize_internal::PeekArguments(
        ref_, finalize_internal::IdentityOf<std::tuple<A...>>(), &arguments);
    return arguments;
  }

  // Waits until it is not running. Returns immediately if it is not running, or
  // if this thread is running it.
  void Wait() const { finalize_internal::Wait(ref_, INT64_MAX); }
  // The same with a deadline. Returns false if the deadline came first.
  FINALIZE_EXPORT bool Wait(absl::Time deadline) const;

  // Whether drains at the end of the process run it; false if it is dead. On a
  // dead finalizer the setter has no effect. A drain that has begun takes the
  // change into account.
  bool at_exit() const { return finalize_internal::AtExitFlag(ref_); }
  void set_at_exit(bool at_exit) const {
    finalize_internal::SetAtExitFlag(ref_, at_exit);
  }

  // Returns one line: `dead`, or `pending` or `running` and a description:
  //   pending #42 phase 0 +3.1s a.cc:88 "remove spool" RemoveSpool("/x")
  //   running #42 phase 0 a.cc:88 "remove spool"
  FINALIZE_EXPORT std::string ToString() const;
  template <class Traits>
  friend std::basic_ostream<char, Traits>& operator<<(
      std::basic_ostream<char, Traits>& stream, const FinalizerBase& f) {
    return stream << f.ToString();
  }
  template <class Sink>
  friend void AbslStringify(Sink& sink, const FinalizerBase& f) {
    sink.Append(f.ToString());
  }

  // Handles are equal if they are handles to the same finalizer.
  friend bool operator==(const FinalizerBase& a, const FinalizerBase& b) {
    return a.ref_ == b.ref_;
  }
  friend bool operator!=(const FinalizerBase& a, const FinalizerBase& b) {
    return !(a == b);
  }
  template <class H>
  friend H AbslHashValue(H h, const FinalizerBase& f) {
    return H::combine(std::move(h), f.ref_.node, f.ref_.generation);
  }
  // A hash that agrees with the equality; std::hash returns the same.
  size_t hash() const noexcept {
    const auto node = reinterpret_cast<uintptr_t>(ref_.node);
    return (node ^ ref_.generation) * 0x9e3779b97f4a7c15u;
  }

 protected:
  FinalizerBase() = default;
  explicit FinalizerBase(const finalize_internal::NodeRef& ref) : ref_(ref) {}
  FinalizerBase(const FinalizerBase&) = default;
  FinalizerBase& operator=(const FinalizerBase&) = default;
  ~FinalizerBase() = default;

  finalize_internal::NodeRef ref_;
};

template <class R = void>
class Finalizer : public FinalizerBase {
 public:
  using Result = R;
  // What Run() returns; for a callback without a result, whether it ran.
  using RunResult =
      std::conditional_t<std::is_void_v<R>, bool, std::optional<R>>;

  // A dead handle.
  Finalizer() = default;

  // Converts a Finalizer<S> to a Finalizer<>.
  template <class S, std::enable_if_t<std::is_void_v<R> && !std::is_void_v<S>,
                                      int> = 0>
  Finalizer(const Finalizer<S>& other)  // NOLINT(runtime/explicit)
      : FinalizerBase(other) {}

  // Claims it and runs the callback. Returns the callback's result (for void:
  // true). If another trigger has claimed it, returns nullopt (false)
  // immediately. Lets the callback's exception through.
  RunResult Run() const {
    if constexpr (std::is_void_v<R>) {
      return finalize_internal::RunForCaller(ref_, nullptr);
    } else {
      std::optional<R> result;
      finalize_internal::RunForCaller(ref_, &result);
      return result;
    }
  }
  RunResult operator()() const { return Run(); }

  // Claims it and returns the callback with its bound arguments; the library
  // does not run it any more. Returns an empty callable if another trigger has
  // claimed it. Takes constant time and allocates nothing, because the callable
  // owns the storage of the finalizer. If you do not need the callable, say
  // Cancel().
  absl::AnyInvocable<R() &&> Detach() const {
    finalize_internal::Node* node = finalize_internal::Detach(ref_);
    if (node == nullptr) return nullptr;
    return finalize_internal::DetachedCallback<R>(node);
  }

 private:
  friend struct finalize_internal::FinalizerAccess;
  explicit Finalizer(const finalize_internal::NodeRef& ref)
      : FinalizerBase(ref) {}
};

// The handle to a callback F with bound arguments A...: a Finalizer<R>, where R
// is the callback's result.
template <class F, class... A>
using FinalizerFor = Finalizer<finalize_internal::CallbackResult<
    finalize_internal::Invocation::kOnce, std::decay_t<F>, std::decay_t<A>...>>;

// The same for a callback that may be retried (Registry::RegisterRetryable).
template <class F, class... A>
using RetryableFinalizerFor = Finalizer<
    finalize_internal::CallbackResult<finalize_internal::Invocation::kRetryable,
                                      std::decay_t<F>, std::decay_t<A>...>>;

}  // namespace finalize

namespace finalize_internal {

// Creates handles, for the library.
struct FinalizerAccess {
  template <class Handle>
  static Handle Make(const NodeRef& ref) {
    return Handle(ref);
  }
};

}  // namespace finalize_internal

template <class R>
struct std::hash<finalize::Finalizer<R>> {
  size_t operator()(const finalize::Finalizer<R>& finalizer) const noexcept {
    return finalizer.hash();
  }
};

#endif  // FINALIZE_FINALIZER_H_
