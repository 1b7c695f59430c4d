// Registry: an ordered set of pending finalizers that can be drained.
//
//   absl::Status Install(const std::string& to) {
//     finalize::Registry undo;  // ~Registry runs what is pending
//     if (!MakeDirectory(to)) return Failed();
//     undo.Register("remove directory", RemoveTree, to);
//     if (!AddUser(to)) return Failed();  // removes the directory
//     undo.Register("remove user", RemoveUser, to);
//     if (!Start(to)) return Failed();  // removes the user, then the directory
//     undo.CancelAll();                 // done: nothing is undone
//     return absl::OkStatus();
//   }
//
// Start with AtExit (at_exit.h) and OnDestroy (lifetime.h) if the end of the
// process or of an object is all that matters: they use Registry::Process().
//
// Order: higher phase first, then newest first, over all lifetimes and
// threads. The order is exact within a thread and between registrations that
// synchronisation orders; concurrent ones come in either order.
//
// Registering while it drains: what a running callback registers runs in that
// drain, next (or at its phase's turn). What other threads register joins
// while a phase above theirs is draining; once the last phase has started the
// registry is closed to them until the drain ends, and such a registration is
// refused. A drain therefore ends however busy the program is.
//
// Refusal: a registration is refused if the registry is sealed or closed, if
// there is no memory, or, by the process registry, if the process is past its
// exit handlers or past the deadline of its exit drain. A refused one gives a
// dead handle and a report to the failure reporter, or runs at once if
// Options::if_closed says so; TryRegister returns the status instead. None is
// accepted and ignored.
//
// A callback must not end its thread by pthread_exit(): that ends the process,
// with a message.
//
// Failure: nothing that a callback throws or returns escapes from Drain(); it
// is in the report, the failure reporter hears of it, and the rest still runs.
// The destructor of a callable must not throw: that ends the process.
//
// Memory: a drain and the end of a registry run every callback whether or not
// there is memory for reports; texts and entries may be missing then.
//
// Lifetime: the destructor drains, and waits for callbacks of this registry
// that other threads are running. Destroying a registry while a thread drains
// it, or from one of its own callbacks, ends the process with a message. If one
// of its callbacks is suspended on this thread (a fibre), or was left by
// longjmp(), the destructor does not wait for it: it reports that, and what the
// callback still needs of the registry is kept. The process registry is never
// destroyed; exit() drains it once it has been used.
//
// Fork: a child runs nothing that it inherited; in the child every inherited
// registry is empty, unless it adopts them (adopt_after_fork.h). A drain in
// progress stops in the child.
//
// Thread-safe, but for the destructor.
#ifndef FINALIZE_REGISTRY_H_
#define FINALIZE_REGISTRY_H_

#include <cstddef>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "finalize/finalizer.h"
#include "finalize/internal/life/lifetime_list.h"
#include "finalize/internal/life/refusal.h"
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
  // The process registry: drained by exit(), never destroyed. Usable from
  // static constructors, static destructors, and threads that outlive main.
  static Registry& Process();

  // Throws std::bad_alloc if there is no memory for it.
  Registry();
  // A child: its drain is one entry of `parent`, at the place where the child
  // was made. Draining the parent drains the child there and spends the entry:
  // what the child registers afterwards is left to its own drain. The child
  // has to be destroyed before the parent.
  explicit Registry(Registry& parent, Options options = {});
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  // Registering. Every member that registers has two forms: with options, of
  // which a name is enough, and any number of bound arguments (copied or moved
  // in, as std::thread does), and with a callback alone:
  //   registry.Register("remove upload", RemoveTree, path);
  //   registry.Register([] { CloseLog(); });
  // The place of the second one is the caller's line too. The callback may take
  // a `const Cause&` before the arguments. What fits neither form does not
  // compile, and says what to write.
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

  // As Register, for a callback that can be called more than once: if it fails
  // (throws, or returns a non-OK status) it is pending again, at its old place,
  // so that exactly one *successful* run is promised. A drain attempts it once
  // and reports it as left if it fails; one that fails meanwhile in a Run() is
  // left, too. After the end of its lifetime only Run() and drains try it
  // again. The end of its registry tries it once and destroys it.
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

  // As Register, but returns why it was refused: FailedPrecondition if the
  // registry is sealed or the process past its exit handlers or their deadline,
  // Unavailable if a drain has closed it, ResourceExhausted if there is no
  // memory. Options::if_closed is not looked at: the callback is destroyed,
  // unrun.
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

  // Both: a callback of a referent's that may be retried.
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

  // Runs everything pending until nothing is, whatever at_exit says (but see
  // DrainOptions::cause). The outermost drain also waits, to the deadline, for
  // callbacks of this registry that other threads are running. A drain inside
  // a callback never waits: it runs what it can claim and reports the rest as
  // running, so that two callbacks may drain each other's registries.
  Report Drain(const DrainOptions& options = {}) noexcept;

  // Refuses every registration from now on. What is pending stays so.
  void Seal();

  // Moves every pending finalizer to `to`, each with its place in the order.
  // Running ones stay. Handles stay good. Where `to` refuses registrations the
  // status says why, as for TryRegister, and nothing is moved (without memory,
  // or where a drain of `to` begins meanwhile, part of it is); a drain of `to`
  // that has begun its first phase refuses all but its own callbacks.
  absl::Status MoveTo(Registry& to);

  // The entry in the parent by which a child is drained; dead for a registry
  // without a parent. Canceling it takes the whole group out of the parent.
  Finalizer<void> entry() const { return entry_; }

  // Destroys every callback that is pending, unrun, in drain order, newest
  // first: the commit of a transaction whose steps have each registered how to
  // undo them. Returns how many. What runs meanwhile runs on; what other
  // threads and the destructors of the callbacks register meanwhile stays. The
  // entry of a child registry is one of its parent's: the child keeps its own.
  size_t CancelAll() noexcept;

  // How many are pending. May be old news when other threads register.
  size_t size() const;

  // Calls `visit` for each finalizer that was pending when the call began and
  // still is, in drain order, with no lock held. It and Dump() throw
  // std::bad_alloc if there is no memory, and whatever `visit` throws.
  void ForEach(absl::FunctionRef<void(const Info&)> visit) const;
  // The same with the handle of each:
  //   registry.ForEach([](const Finalizer<>& finalizer, const Info& info) {
  //     if (info.name == "upload") finalizer.Cancel();
  //   });
  void ForEach(
      absl::FunctionRef<void(const Finalizer<>&, const Info&)> visit) const;

  // One line for each pending finalizer, in drain order; see Info::ToString.
  std::string Dump() const;

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
