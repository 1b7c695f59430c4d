// SPDX-License-Identifier: Apache-2.0

// Lifetime: a member that runs callbacks when its object is destroyed.
//
//   class Connection {
//    public:
//     finalize::Lifetime& lifetime() { return lifetime_; }
//     int socket() const { return socket_; }
//    private:
//     int socket_;
//     finalize::Lifetime lifetime_;  // last: runs while socket_ still exists
//   };
//
// A callback must not use the object itself: a drain may run it while the
// object is in use, and when the object is destroyed it is already partly
// destroyed. Let the callback own a copy of what it needs:
//
//   finalize::OnDestroy(connection.lifetime(),  // not [&connection]
//                       [s = connection.socket()] { Close(s); });
//
// If the Lifetime is the last member, callbacks run while every other member
// still exists: here the socket is still open. If it is the first member, they
// run after every other member is destroyed. In both cases the body of the
// object's destructor has already run.
//
// Order: newest first, regardless of phase and at_exit. The finalizers are in
//   the process registry too (with Registry::OnDestroy: in another one), so
//   exit() runs those whose object was never destroyed.
// Threads: callbacks run on the thread that destroys the object. The destructor
//   does not wait for a callback that another thread is running, because that
//   callback never uses the object.
// Nesting: a callback, or the destructor of its bound arguments, may destroy
//   another object, at any depth; the callbacks of that object have run when
//   its destructor returns. If 64 or more are nested, callables that have run
//   may be destroyed later (finalize/design.md, "Weak references").
// Moving: moving an object moves its finalizers with it. Move assignment first
//   runs the finalizers of the object that is assigned to. A copy has its own
//   Lifetime, without finalizers; copy assignment changes nothing.
// Failure: what a callback throws or returns is reported (failure_reporter.h),
//   and the remaining callbacks still run; nothing escapes from the destructor.
// Fork: in a child, an inherited object runs only callbacks of the child.
//
// Not for: base classes, whose destructor runs after that of the derived class;
// objects that a shared_ptr owns (shared.h).
//
// Thread-safe, except: destruction, move and assignment must not race with
// OnDestroy, as for any object.
#ifndef FINALIZE_LIFETIME_H_
#define FINALIZE_LIFETIME_H_

#include <utility>

#include "finalize/finalizer.h"
#include "finalize/internal/life/cascade.h"
#include "finalize/internal/life/lifetime_list.h"
#include "finalize/internal/life/registration.h"
#include "finalize/internal/node/process_core.h"
#include "finalize/internal/weak/referent_list.h"
#include "finalize/options.h"

namespace finalize {

class Lifetime {
 public:
  Lifetime() noexcept = default;
  ~Lifetime() {
    if (!list_.empty()) finalize_internal::EndLifetime(&list_);
  }
  Lifetime(Lifetime&& other) noexcept {
    if (!other.list_.empty()) list_.TakeFrom(&other.list_);
  }
  Lifetime& operator=(Lifetime&& other) noexcept {
    if (this != &other) {
      if (!list_.empty()) finalize_internal::EndLifetime(&list_);
      if (!other.list_.empty()) list_.TakeFrom(&other.list_);
    }
    return *this;
  }
  Lifetime(const Lifetime&) noexcept {}
  Lifetime& operator=(const Lifetime&) noexcept { return *this; }

 private:
  friend finalize_internal::LifetimeList* LifetimeListOf(Lifetime& lifetime) {
    return &lifetime.list_;
  }
  finalize_internal::LifetimeList list_;
};

// Registers a callback with bound arguments (copied or moved in) that runs when
// `referent` is destroyed. Returns its handle, a Finalizer<R> if the callback
// returns an R. The referent is a Lifetime, or a shared_ptr made by MakeShared
// or Adopt (shared.h). A temporary Lifetime does not compile, because it would
// be destroyed, and run the callback, at the end of the statement. A name
// converts to Options:
//   OnDestroy(connection.lifetime(), "log end", Log, std::string("closed"));
// The callback may take a `const Cause&` before the arguments. For order in
// drains, refusal and failure see registry.h.
template <class Referent, class F, class... A>
FinalizerFor<F, A...> OnDestroy(Referent&& referent, Options options,
                                F&& function, A&&... arguments) {
  constexpr auto kOnce = finalize_internal::Invocation::kOnce;
  return finalize_internal::FinalizerAccess::Make<FinalizerFor<F, A...>>(
      finalize_internal::RegisterOn<kOnce>(
          finalize_internal::ProcessCore(), options,
          finalize_internal::ListOfReferent(std::forward<Referent>(referent)),
          std::forward<F>(function), std::forward<A>(arguments)...));
}
// The same for a callback alone. Here too, reports show the caller's line.
template <class Referent, class F, finalize_internal::EnableIfCallback<F> = 0>
FinalizerFor<F> OnDestroy(Referent&& referent, F&& function,
                          CallerPlace place = CallerPlace::Here()) {
  return OnDestroy(std::forward<Referent>(referent),
                   Options().set_place(place.place()),
                   std::forward<F>(function));
}
// Any other call does not compile; the error says what to write.
template <class Referent, class F, class... A,
          finalize_internal::EnableIfMisuse<F, A...> = 0>
FinalizerFor<F, A...> OnDestroy(Referent&&, F&&, A&&...) {
  return finalize_internal::FinalizerAccess::Make<FinalizerFor<F, A...>>(
      finalize_internal::Refuse<F, A...>());
}

}  // namespace finalize

#endif  // FINALIZE_LIFETIME_H_
