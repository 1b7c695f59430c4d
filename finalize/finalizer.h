// Finalizer<R>: the handle to one registered callback whose result is an R.
//
// Dropping a handle does nothing: the callback stays registered. A handle may
// be copied, and kept after the callback has run, after its referent has died
// and after its registry is gone; it is then merely dead.
//
//   finalize::Finalizer<absl::Status> remove =
//       finalize::AtExit(RemoveSpool, std::string("/var/spool/app"));
//   ...
//   if (std::optional<absl::Status> status = remove.Run()) {
//     // It ran just now; nothing else will run it.
//   } else {
//     // Somebody else ran or detached it.
//   }
//
// How often: Run(), Detach(), the end of the referent, the end of a scope and
// every drain race for one claim. Exactly one wins, from any thread. A failed
// callback is spent as well, unless RegisterRetryable registered it.
//
// Dead first: a finalizer is dead before its callback starts. Inside the
// callback alive() is false, and Run(), Peek() and Detach() give nothing.
//
// Thread: the callback runs on the thread whose trigger won, with no lock
// held. It is destroyed, with its bound arguments, as soon as it has run; in a
// chain of ends (lifetime.h) from a nesting of 64 on, perhaps later.
//
// Fibres: a callback may be suspended, and end out of order, on another thread,
// or never. It counts as running until it has returned; the thread on which it
// began does not wait for it, other threads do. longjmp() out of a callback
// leaves it running. finalize/design.md says what is not known then.
//
// Failure: Run() lets the callback's exception through to its caller and gives
// it its result. On every other path an exception or a non-OK status goes to
// the report of the drain and to the failure reporter (failure_reporter.h). The
// destructors of the callback and of its bound arguments must not throw: that
// ends the process (std::terminate).
//
// The callback must not own what it waits for: one that captures a shared_ptr
// to its own referent keeps it alive for ever.
//
// After fork() the child's copy of a handle is dead: what the parent
// registered belongs to the parent.
//
// Thread-safe: any number of handles to one finalizer may be used from any
// number of threads. One handle object is thread-compatible (const calls may
// run concurrently).
#ifndef FINALIZE_FINALIZER_H_
#define FINALIZE_FINALIZER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "finalize/info.h"
#include "finalize/internal/detached.h"
#include "finalize/internal/handle.h"
#include "finalize/internal/rtti_required.h"
#include "finalize/internal/run_for_caller.h"

namespace finalize {

template <class R = void>
class Finalizer {
 public:
  using Result = R;

  // A dead handle.
  Finalizer() = default;
  explicit Finalizer(finalize_internal::NodeRef ref) : ref_(ref) {}

  // Whether it is pending: nobody has claimed it.
  bool alive() const noexcept { return finalize_internal::Alive(ref_); }

  // Claims it and runs the callback. Returns its result (for void: true), or
  // nothing at once if another trigger has claimed it. Lets the callback's
  // exception through.
  auto Run() const {
    if constexpr (std::is_void_v<R>) {
      return finalize_internal::RunForCaller(ref_, nullptr);
    } else {
      std::optional<R> result;
      finalize_internal::RunForCaller(ref_, &result);
      return result;
    }
  }
  auto operator()() const { return Run(); }

  // Claims it and gives the callback back, with its bound arguments, never to
  // be run by the library. Empty if another trigger has claimed it. O(1), and
  // no allocation: the callable holds the storage of the finalizer.
  absl::AnyInvocable<R() &&> Detach() const {
    finalize_internal::Node* node = finalize_internal::Detach(ref_);
    if (node == nullptr) return nullptr;
    return finalize_internal::DetachedCallback<R>(node);
  }

  // Shows a pending finalizer without touching it; nothing if it is dead. A
  // claim meanwhile wins at once, and its callback starts when the peek has
  // ended.
  std::optional<Info> Peek() const {
    std::optional<Info> info;
    finalize_internal::Peek(ref_, &info);
    return info;
  }

  // Returns copies of the bound arguments of a pending finalizer; nothing if
  // it is dead, if these are not exactly their (decayed) types, or if they
  // cannot be copied. A copy constructor that runs or detaches this very
  // finalizer ends the process with a message.
  template <class... A>
  std::optional<std::tuple<A...>> PeekArguments() const {
    std::optional<std::tuple<A...>> arguments;
    finalize_internal::PeekArguments(ref_, typeid(std::tuple<A...>),
                                     &arguments);
    return arguments;
  }

  // Waits until it is not running any more. Returns at once where it is not
  // running, or where this thread is the one that runs it.
  void Wait() const { finalize_internal::Wait(ref_, INT64_MAX); }
  // The same with a limit, an absl::Time. Returns false where it came first.
  template <class Time>
  bool Wait(Time deadline) const {
    return finalize_internal::Wait(ref_, ToUnixNanos(deadline));
  }

  // Whether drains at process end run it; false if it is dead. Setting it on a
  // dead one does nothing. A drain under way honours the change.
  bool at_exit() const { return finalize_internal::AtExitFlag(ref_); }
  void set_at_exit(bool at_exit) const {
    finalize_internal::SetAtExitFlag(ref_, at_exit);
  }

  // Handles are equal if they are handles to the same finalizer.
  friend bool operator==(const Finalizer& a, const Finalizer& b) {
    return a.ref_ == b.ref_;
  }
  friend bool operator!=(const Finalizer& a, const Finalizer& b) {
    return !(a == b);
  }
  template <class H>
  friend H AbslHashValue(H h, const Finalizer& f) {
    return H::combine(std::move(h), f.ref_.node, f.ref_.generation);
  }
  // A hash that goes with the equality, as std::hash returns it.
  size_t hash() const noexcept {
    const auto node = reinterpret_cast<uintptr_t>(ref_.node);
    return (node ^ ref_.generation) * 0x9e3779b97f4a7c15u;
  }

 private:
  friend class Registry;
  finalize_internal::NodeRef ref_;
};

}  // namespace finalize

template <class R>
struct std::hash<finalize::Finalizer<R>> {
  size_t operator()(const finalize::Finalizer<R>& finalizer) const noexcept {
    return finalizer.hash();
  }
};

#endif  // FINALIZE_FINALIZER_H_
