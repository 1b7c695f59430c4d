// SPDX-License-Identifier: Apache-2.0

// Registry: an ordered set of pending finalizers that can be drained.
//
//   absl::Status Install(const std::string& to) {
//     finalize::Registry undo;          // its destructor runs what is pending
//     absl::Status status = MakeDirectory(to);
//     if (!status.ok()) return status;  // runs nothing
//     undo.Register("remove directory", RemoveDirectory, to);
//     status = AddUser(to);
//     if (!status.ok()) return status;  // removes the directory
//     undo.Register("remove user", RemoveUser, to);
//     undo.CancelAll();                 // done: runs nothing, now or later
//     return absl::OkStatus();
//   }
//
// Order: higher phase first, then newest first, over all lifetimes and threads.
//   Concurrent registrations run in either order.
// Registering: what a running callback registers during a drain runs in that
//   drain, next (or at the turn of its phase). While a phase drains, other
//   threads can register only below it, and while the lowest pending phase
//   drains, not at all. So other threads cannot keep a drain from ending;
//   callbacks that register again can, until a deadline. (A Finally is never
//   refused because of that, and an InFlight that waits keeps the phases below
//   its own open: finally.h, in_flight.h.)
// Refusal: a registration is refused if the registry is sealed or closed by a
//   drain (see above), if there is no memory, if the pointer that owns the
//   referent is not attachable (shared.h), or if the process is past its exit
//   handlers or the deadline of its exit drain. Then the handle is dead and the
//   failure is reported, or, if Options::if_closed says so, the callback runs
//   immediately. TryRegister returns the status instead.
// Threads: each callback runs on the thread that drains, or on helper threads
//   (DrainOptions::threads), with no lock held. A callback that ends its thread
//   by pthread_exit() ends the process with a message.
// Failure: no exception or status of a callback escapes from Drain(); it is in
//   the report and is reported (failure_reporter.h), and the remaining
//   callbacks still run, even if there is no memory for reports. If the
//   destructor of a callable throws, the process ends.
// Lifetime: the destructor drains, and waits for callbacks of this registry
//   that other threads are running. If a registry is destroyed while a thread
//   drains it, or in one of its own callbacks, the process ends with a message.
//   The destructor does not wait for a callback that is suspended on this
//   thread (a fiber).
//   The process registry is never destroyed.
// Fork: in a child every inherited registry is empty, unless the child adopts
//   them (adopt_after_fork.h). A drain that was running stops in the child.
//
// Not for: callbacks that belong to the process (at_exit.h) or to an object
// (lifetime.h); those functions use Registry::Process().
//
// Thread-safe, except: the destructor.
#ifndef FINALIZE_REGISTRY_H_
#define FINALIZE_REGISTRY_H_

#include <cstddef>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "finalize/export.h"
#include "finalize/finalizer.h"
#include "finalize/internal/life/lifetime_list.h"
#include "finalize/internal/life/refusal_status.h"
#include "finalize/internal/life/registration.h"
#include "finalize/internal/node/process_core.h"
#include "finalize/internal/weak/referent_list.h"
#include "finalize/options.h"
#include "finalize/report.h"

namespace finalize {

class Registry {
  static constexpr auto kOnce = finalize_internal::Invocation::kOnce;
  static constexpr auto kRetryable = finalize_internal::Invocation::kRetryable;

 public:
  // Returns the process registry, which exit() drains and which is never
  // destroyed. Static constructors, static destructors and threads that outlive
  // main may use it.
  FINALIZE_EXPORT static Registry& Process();

  // Throws std::bad_alloc if there is no memory.
  FINALIZE_EXPORT Registry();
  // Constructs a child of `parent`. The drain of the child is one finalizer of
  // the parent, at the position that it got when the child was constructed. If
  // the parent is drained, that finalizer drains the child, once: what is
  // registered in the child later runs in the child's own drain. The child must
  // be destroyed before the parent.
  FINALIZE_EXPORT explicit Registry(Registry& parent, Options options = {});
  FINALIZE_EXPORT ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  // Every member that registers has two forms. One takes options, for which a
  // name is enough, the callback, and any number of bound arguments (copied or
  // moved in, as by std::thread). The other takes a callback alone:
  //   registry.Register("remove upload", RemoveUpload, path);
  //   registry.Register([] { CloseLog(); });
  // In both, reports show the caller's line. The callback may take a `const
  // Cause&` before the arguments. Any other call does not compile; the error
  // says what to write. The result is the handle, a Finalizer<R> if the
  // callback returns an R.
  template <class F, class... A>
  FinalizerFor<F, A...> Register(Options options, F&& function,
                                 A&&... arguments) {
    return Make<FinalizerFor<F, A...>>(finalize_internal::RegisterNode<kOnce>(
        {core_, &options}, std::forward<F>(function),
        std::forward<A>(arguments)...));
  }
  template <class F, finalize_internal::EnableIfCallback<F> = 0>
  FinalizerFor<F> Register(F&& function,
                           CallerPlace place = CallerPlace::Here()) {
    return Register(Options().set_place(place.place()),
                    std::forward<F>(function));
  }
  template <class F, class... A, finalize_internal::EnableIfMisuse<F, A...> = 0>
  FinalizerFor<F, A...> Register(F&&, A&&...) {
    return Make<FinalizerFor<F, A...>>(finalize_internal::Refuse<F, A...>());
  }

  // As Register, for a callback that can be called more than once. If the
  // callback fails (throws, or returns a non-OK status), the finalizer is
  // pending again, at its old position, until one run succeeds. A drain tries
  // it once. It reports the finalizer as left if that fails, or if a Run() on
  // another thread fails during the drain. After its referent is destroyed only
  // Run() and drains try it again. The destructor of the registry tries it once
  // and destroys it.
  template <class F, class... A>
  RetryableFinalizerFor<F, A...> RegisterRetryable(Options options,
                                                   F&& function,
                                                   A&&... arguments) {
    return Make<RetryableFinalizerFor<F, A...>>(
        finalize_internal::RegisterNode<kRetryable>(
            {core_, &options}, std::forward<F>(function),
            std::forward<A>(arguments)...));
  }
  template <class F, finalize_internal::EnableIfCallback<F> = 0>
  RetryableFinalizerFor<F> RegisterRetryable(
      F&& function, CallerPlace place = CallerPlace::Here()) {
    return RegisterRetryable(Options().set_place(place.place()),
                             std::forward<F>(function));
  }
  template <class F, class... A, finalize_internal::EnableIfMisuse<F, A...> = 0>
  RetryableFinalizerFor<F, A...> RegisterRetryable(F&&, A&&...) {
    return Make<RetryableFinalizerFor<F, A...>>(
        finalize_internal::Refuse<F, A...>());
  }

  // As Register, but returns why a registration was refused:
  // FailedPrecondition if the registry is sealed, or if the process is past its
  // exit handlers or their deadline; Unavailable if a drain has closed the
  // registry; ResourceExhausted if there is no memory. Options::if_closed has
  // no effect: a refused callback is destroyed without running.
  template <class F, class... A>
  absl::StatusOr<FinalizerFor<F, A...>> TryRegister(Options options,
                                                    F&& function,
                                                    A&&... arguments) {
    finalize_internal::Refusal refusal = finalize_internal::Refusal::kNone;
    auto finalizer =
        Make<FinalizerFor<F, A...>>(finalize_internal::RegisterNode<kOnce>(
            {core_, &options, nullptr, &refusal}, std::forward<F>(function),
            std::forward<A>(arguments)...));
    if (refusal != finalize_internal::Refusal::kNone) {
      return finalize_internal::RefusalStatus(refusal);
    }
    return finalizer;
  }
  template <class F, finalize_internal::EnableIfCallback<F> = 0>
  absl::StatusOr<FinalizerFor<F>> TryRegister(
      F&& function, CallerPlace place = CallerPlace::Here()) {
    return TryRegister(Options().set_place(place.place()),
                       std::forward<F>(function));
  }
  template <class F, class... A, finalize_internal::EnableIfMisuse<F, A...> = 0>
  absl::StatusOr<FinalizerFor<F, A...>> TryRegister(F&&, A&&...) {
    return Make<FinalizerFor<F, A...>>(finalize_internal::Refuse<F, A...>());
  }

  // As finalize::OnDestroy (lifetime.h, shared.h), in this registry instead of
  // the process registry. `referent` is a Lifetime or a shared_ptr.
  template <class Referent, class F, class... A>
  FinalizerFor<F, A...> OnDestroy(Referent&& referent, Options options,
                                  F&& function, A&&... arguments) {
    return Make<FinalizerFor<F, A...>>(finalize_internal::RegisterOn<kOnce>(
        core_, options,
        finalize_internal::ListOfReferent(std::forward<Referent>(referent)),
        std::forward<F>(function), std::forward<A>(arguments)...));
  }
  template <class Referent, class F, finalize_internal::EnableIfCallback<F> = 0>
  FinalizerFor<F> OnDestroy(Referent&& referent, F&& function,
                            CallerPlace place = CallerPlace::Here()) {
    return OnDestroy(std::forward<Referent>(referent),
                     Options().set_place(place.place()),
                     std::forward<F>(function));
  }
  template <class Referent, class F, class... A,
            finalize_internal::EnableIfMisuse<F, A...> = 0>
  FinalizerFor<F, A...> OnDestroy(Referent&&, F&&, A&&...) {
    return Make<FinalizerFor<F, A...>>(finalize_internal::Refuse<F, A...>());
  }

  // As OnDestroy, for a callback that can be called more than once, as in
  // RegisterRetryable.
  template <class Referent, class F, class... A>
  RetryableFinalizerFor<F, A...> OnDestroyRetryable(Referent&& referent,
                                                    Options options,
                                                    F&& function,
                                                    A&&... arguments) {
    return Make<RetryableFinalizerFor<F, A...>>(
        finalize_internal::RegisterOn<kRetryable>(
            core_, options,
            finalize_internal::ListOfReferent(std::forward<Referent>(referent)),
            std::forward<F>(function), std::forward<A>(arguments)...));
  }
  template <class Referent, class F, finalize_internal::EnableIfCallback<F> = 0>
  RetryableFinalizerFor<F> OnDestroyRetryable(
      Referent&& referent, F&& function,
      CallerPlace place = CallerPlace::Here()) {
    return OnDestroyRetryable(std::forward<Referent>(referent),
                              Options().set_place(place.place()),
                              std::forward<F>(function));
  }
  template <class Referent, class F, class... A,
            finalize_internal::EnableIfMisuse<F, A...> = 0>
  RetryableFinalizerFor<F, A...> OnDestroyRetryable(Referent&&, F&&, A&&...) {
    return Make<RetryableFinalizerFor<F, A...>>(
        finalize_internal::Refuse<F, A...>());
  }

  // Runs pending callbacks until none is pending, whatever at_exit is, unless
  // DrainOptions::cause is an end of the process. The outermost drain also
  // waits, until the deadline, for callbacks of this registry that other
  // threads are running. A drain inside a callback never waits: it runs what it
  // can claim and reports the rest as running, so that two callbacks may drain
  // each other's registries.
  FINALIZE_EXPORT Report Drain(const DrainOptions& options = {}) noexcept;

  // Refuses every later registration. What is pending stays pending.
  FINALIZE_EXPORT void Seal();

  // Moves every pending finalizer to `to`, with its position in the order.
  // Running ones stay. Handles remain valid. If `to` refuses registrations,
  // returns why, as TryRegister does, and moves nothing; if memory runs out, or
  // if a drain of `to` begins during the move, a part is moved. While a phase
  // of `to` drains, only callbacks of `to` can move finalizers to it.
  FINALIZE_EXPORT absl::Status MoveTo(Registry& to);

  // Returns the handle of the finalizer in the parent that drains this
  // registry; a dead handle if there is no parent. After entry().Cancel() the
  // parent does not drain this registry.
  Finalizer<void> entry() const { return entry_; }

  // Destroys every pending callback without running it, in the order of a
  // drain: the commit of a transaction whose steps have registered how to undo
  // them. Returns how many it destroyed. Callbacks that are running continue.
  // What other threads and the destructors of the callbacks register meanwhile
  // stays. The finalizer that drains a child registry is destroyed too; what is
  // pending in the child stays.
  FINALIZE_EXPORT size_t CancelAll() noexcept;

  // Returns how many finalizers are pending. If other threads register or
  // drain, the number may be out of date when the caller looks at it.
  FINALIZE_EXPORT size_t size() const;

  // Calls `visit` for each finalizer that was pending when the call began and
  // still is, in the order of a drain, with no lock held. Throws std::bad_alloc
  // if there is no memory, and what `visit` throws.
  FINALIZE_EXPORT void ForEach(
      absl::FunctionRef<void(const Info&)> visit) const;
  // The same with the handle of each:
  //   registry.ForEach([](const Finalizer<>& finalizer, const Info& info) {
  //     if (info.name == "upload") finalizer.Cancel();
  //   });
  FINALIZE_EXPORT void ForEach(
      absl::FunctionRef<void(const Finalizer<>&, const Info&)> visit) const;

  // Returns one line for each pending finalizer, in the order of a drain; see
  // Info::ToString(). Throws std::bad_alloc if there is no memory.
  FINALIZE_EXPORT std::string Dump() const;

 private:
  friend struct finalize_internal::RegistryAccess;
  template <class Handle>
  static Handle Make(const finalize_internal::NodeRef& ref) {
    return finalize_internal::FinalizerAccess::Make<Handle>(ref);
  }
  explicit Registry(finalize_internal::Core* core) : core_(core) {}

  finalize_internal::Core* const core_;
  Finalizer<void> entry_;
};

}  // namespace finalize

#endif  // FINALIZE_REGISTRY_H_
