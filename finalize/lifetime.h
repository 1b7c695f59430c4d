// Lifetime: a member whose end is the end of its object.
//
//   class Connection {
//    public:
//     finalize::Lifetime& lifetime() { return lifetime_; }
//    private:
//     int socket_;
//     finalize::Lifetime lifetime_;  // last: runs while the others still live
//   };
//
//   Connection connection;
//   finalize::OnDestroy(connection.lifetime(), [] { metrics.Decrement(); });
//
// When a Lifetime ends, its finalizers run, newest first, on the thread that
// ends it, whatever their at_exit says. They are in the process registry too
// (Registry::OnDestroy: in another one), so exit() runs those whose object was
// never destroyed, each once.
//
// First or last member? Members die in reverse order of declaration. As the
// last member, the callbacks run first: every other member is still alive. As
// the first member they run last: every other member is gone. In both cases
// the body of the object's destructor has run. Callbacks must not touch the
// object itself: a drain runs them while it lives on, the end of its lifetime
// when it is half gone.
//
// Nesting: a callback, or a destructor of its bound arguments, may end another
// object. The callbacks of that one have run when its end returns, at any
// depth. So that chains through bound arguments take a bounded stack, from a
// nesting of 64 on what has run may be destroyed later: on the same thread,
// before the end at that nesting returns, and before a drain, dlclose() or the
// end of the thread needs it. Objects that own one another as members overflow
// the stack as any shared_ptrs do.
//
// Fibres: a callback may be suspended and end on another thread (finalizer.h);
// the end of the object goes on there with the next one.
//
// Moving an object moves its finalizers with it; assigning by move first runs
// those of the object assigned over. Copying starts a life of its own, with no
// finalizers; assigning by copy changes nothing.
//
// Failure: what a callback throws or returns goes to the failure reporter; the
// rest still runs; nothing escapes from the destructor.
//
// The destructor does not wait for a callback that another thread is running:
// it never touches the object.
//
// Fork: in a child, the end of an inherited object runs what the child
// registered on it, and nothing that it inherited.
//
// Thread-safe for OnDestroy and for finalizers that other threads run; its
// end, move and assignment must not race with OnDestroy, as for any object.
//
// It is a member, not a base class: a base cannot announce its object's death
// before the derived part is gone. For an object owned by a shared_ptr see
// shared.h.
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

// Registers a callback with bound arguments (copied or moved in) for the end of
// `referent`, and returns its handle. The referent is a Lifetime, or a
// shared_ptr made by MakeShared or Adopt (shared.h); a temporary Lifetime does
// not compile, since it would end, and run the callback, with the statement. A
// name is a set of options:
//   OnDestroy(connection.lifetime(), "log end", Log, std::string("closed"));
// The callback may take a `const Cause&` before the arguments. Order, refusal
// and failure are as registry.h says.
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
// The same for a callback alone. The place is the caller's line here too.
template <class Referent, class F, finalize_internal::EnableIfCallback<F> = 0>
FinalizerFor<F> OnDestroy(Referent&& referent, F&& function,
                          CallerPlace place = CallerPlace::Here()) {
  return OnDestroy(std::forward<Referent>(referent),
                   Options().set_place(place.place()),
                   std::forward<F>(function));
}
// Does not compile, and says what to write.
template <class Referent, class F, class... A,
          finalize_internal::EnableIfMisuse<F, A...> = 0>
FinalizerFor<F, A...> OnDestroy(Referent&&, F&&, A&&...) {
  return finalize_internal::FinalizerAccess::Make<FinalizerFor<F, A...>>(
      finalize_internal::Refuse<F, A...>());
}

}  // namespace finalize

#endif  // FINALIZE_LIFETIME_H_
