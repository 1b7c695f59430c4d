// SPDX-License-Identifier: Apache-2.0

// WeakRef: a weak reference to an object that shared_ptrs own, with an optional
// callback for the object's death.
//
//   std::shared_ptr<Cat> tom = finalize::MakeShared<Cat>(Cat{"Tom"});
//   finalize::WeakRef<Cat> ref(tom, [] { std::puts("Tom has died"); });
//   if (std::shared_ptr<Cat> cat = ref.Lock()) cat->Eat();
//   tom.reset();   // prints: Tom has died
//   ref.Lock();    // null
//
// Referent: any shared_ptr is accepted. In a destructor weak_from_this() gives
// a dead WeakRef. A callback needs a referent that MakeShared or Adopt made
// (IsAttachable, shared.h). With any other, and if there is no memory, the
// callback is refused, with a failure report (failure_reporter.h).
//
// Callback: takes nothing, a `const WeakRef<T>&` (equal to this one, and dead),
// or a `const Cause&`. It runs once, when the referent dies, if the WeakRef or
// a copy of it still exists then. Dropping the last copy cancels the callback
// and destroys it. So a WeakRef that its own referent owns never runs its
// callback: use OnDestroy (lifetime.h) there. Neither exit nor a drain runs
// callbacks of weak references. has_callback() says whether the callback is
// still pending.
//
// Order: when the referent dies, all weak references to it are dead first; then
//   its destructor runs; then callbacks of weak references and finalizers
//   (OnDestroy) run together, newest first.
// Threads: the callback runs on the thread that drops the last owner of the
//   referent. No lock is held.
// Failure: an exception or a status that is not OK is reported.
// Lifetime: a callback that has begun may still be running on another thread
//   after the last WeakRef is dropped, so it must own, or hold weakly, what it
//   uses. Its code must be loaded when it runs: see module.h.
// Fork: weak references work in a child. Callbacks that the child inherited do
//   not run unless it adopts them (adopt_after_fork.h); WeakRefs and
//   WeakRefCount still list them.
//
// Equality and hash are by identity of the referent, and do not change when it
// dies: the same owner and the same object, also through a base or a const
// pointer. EqualReferents compares by value, as Python does. There is no order,
// and no hash by value: both need a referent that still exists.
// docs/weak_references.md has the limits, and what differs from Python.
//
// Cost: a WeakRef without a callback is a std::weak_ptr and an address.
//
// Thread-compatible (const calls may run concurrently). Copies may be used by
// different threads.
#ifndef FINALIZE_WEAK_REF_H_
#define FINALIZE_WEAK_REF_H_

#include <cstddef>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "finalize/internal/base/rtti_required.h"
#include "finalize/internal/base/type_identity.h"
#include "finalize/internal/weak/shared_deleter.h"
#include "finalize/internal/weak/weak_callback.h"
#include "finalize/options.h"
#include "finalize/shared.h"

namespace finalize {

template <class T>
class WeakRef {
  template <class U>
  using IfConvertible = std::enable_if_t<
      std::is_convertible_v<std::shared_ptr<U>, std::shared_ptr<T>>, int>;

 public:
  using element_type = T;

  // Dead, and equal to any other that never had a referent: those made from a
  // null pointer, or from one that owns nothing (it aliases an empty one).
  WeakRef() = default;

  template <class U, IfConvertible<U> = 0>
  WeakRef(const std::shared_ptr<U>& referent)  // NOLINT(runtime/explicit)
      : referent_(referent), identity_(IdentityOf(referent)) {}
  template <class U, IfConvertible<U> = 0>
  explicit WeakRef(const std::weak_ptr<U>& referent)
      : WeakRef(referent.lock()) {}

  // With a callback. A failure report names `place`, the caller's line.
  template <class U, class F, IfConvertible<U> = 0>
  WeakRef(const std::shared_ptr<U>& referent, F&& callback,
          Place place = Place::Caller())
      : WeakRef(referent) {
    Watch(referent, std::forward<F>(callback), place, WeakRef(*this));
  }

  // From a derived class, or from non-const. Shares the callback.
  template <class U, IfConvertible<U> = 0>
  WeakRef(const WeakRef<U>& other)  // NOLINT(runtime/explicit)
      : referent_(other.referent_),
        identity_(other.identity_),
        watch_(other.watch_) {}

  WeakRef(const WeakRef&) = default;
  WeakRef& operator=(const WeakRef&) = default;
  // A moved-from WeakRef is dead, and equal to WeakRef().
  WeakRef(WeakRef&& other) noexcept
      : referent_(std::move(other.referent_)),
        identity_(std::exchange(other.identity_, nullptr)),
        watch_(std::move(other.watch_)) {}
  WeakRef& operator=(WeakRef&& other) noexcept {
    WeakRef moved(std::move(other));
    referent_.swap(moved.referent_);
    std::swap(identity_, moved.identity_);
    watch_.swap(moved.watch_);
    return *this;
  }

  // Returns the referent, which the pointer keeps alive, or null if it is dead.
  std::shared_ptr<T> Lock() const noexcept { return referent_.lock(); }
  bool expired() const noexcept { return referent_.expired(); }

  // Whether it has a callback that is still pending.
  bool has_callback() const { return watch_ != nullptr && watch_->pending(); }

  // Whether both refer to the same object, dead or alive.
  template <class U>
  bool SameReferent(const WeakRef<U>& other) const noexcept {
    return identity_ == other.identity_ &&
           !referent_.owner_before(other.referent_) &&
           !other.referent_.owner_before(referent_);
  }

  // A hash that agrees with the equality.
  size_t hash() const noexcept {
    return std::hash<const volatile void*>()(identity_);
  }

  // Returns `<WeakRef to Cat at 0x5581e0>`, or `<WeakRef; dead>`.
  std::string ToString() const {
    const std::shared_ptr<T> referent = Lock();
    return finalize_internal::WeakText(
        "WeakRef", finalize_internal::IdentityOf<T>(), referent.get());
  }

 private:
  template <class U>
  friend class WeakRef;
  template <class U>
  friend class WeakProxy;
  template <class Signature>
  friend class WeakMethod;
  template <class U>
  friend std::vector<WeakRef<U>> WeakRefs(const std::shared_ptr<U>& referent);

  // Registers the callback, which gets `self` if it takes that.
  template <class U, class F, class Self>
  void Watch(const std::shared_ptr<U>& referent, F&& callback, Place place,
             Self self) {
    watch_ = finalize_internal::RegisterForDeath(
        finalize_internal::SharedDeleterOf(referent), place,
        std::forward<F>(callback), std::move(self));
  }

  // Returns the address of the whole object, if its static type has virtual
  // functions; else the address that the pointer has.
  template <class U>
  static const volatile void* IdentityOf(const std::shared_ptr<U>& referent) {
    if (!finalize_internal::OwnsObject(referent)) return nullptr;
    if constexpr (std::is_polymorphic_v<U>) {
      return dynamic_cast<const volatile void*>(referent.get());
    } else {
      return referent.get();
    }
  }

  std::weak_ptr<T> referent_;
  const volatile void* identity_ = nullptr;
  std::shared_ptr<finalize_internal::WeakCallback> watch_;
};

template <class T>
WeakRef(const std::shared_ptr<T>&) -> WeakRef<T>;
template <class T>
WeakRef(const std::weak_ptr<T>&) -> WeakRef<T>;
template <class T, class F>
WeakRef(const std::shared_ptr<T>&, F&&) -> WeakRef<T>;

template <class T, class U>
bool operator==(const WeakRef<T>& a, const WeakRef<U>& b) noexcept {
  return a.SameReferent(b);
}
template <class T, class U>
bool operator!=(const WeakRef<T>& a, const WeakRef<U>& b) noexcept {
  return !a.SameReferent(b);
}
template <class T, class U>
bool operator<(const WeakRef<T>&, const WeakRef<U>&) = delete;
template <class T, class U>
bool operator>(const WeakRef<T>&, const WeakRef<U>&) = delete;
template <class T, class U>
bool operator<=(const WeakRef<T>&, const WeakRef<U>&) = delete;
template <class T, class U>
bool operator>=(const WeakRef<T>&, const WeakRef<U>&) = delete;

template <class H, class T>
H AbslHashValue(H h, const WeakRef<T>& ref) {
  return H::combine(std::move(h), ref.hash());
}

template <class Char, class Traits, class T>
std::basic_ostream<Char, Traits>& operator<<(
    std::basic_ostream<Char, Traits>& out, const WeakRef<T>& ref) {
  return out << ref.ToString();
}

// Equality by value: of the referents if both are alive, else by identity.
struct EqualReferents {
  template <class T, class U>
  bool operator()(const WeakRef<T>& a, const WeakRef<U>& b) const {
    const auto first = a.Lock();
    const auto second = b.Lock();
    return first && second ? *first == *second : a.SameReferent(b);
  }
};

// Returns how many registrations the death of the object will trigger:
// finalizers, entries of weak containers, and callbacks of WeakRef, WeakProxy
// and WeakMethod. 0 for an object that is not attachable (shared.h). May be out
// of date at once.
template <class T>
size_t WeakRefCount(const std::shared_ptr<T>& referent) {
  return finalize_internal::CountReferences(
      finalize_internal::SharedDeleterOf(referent));
}

// Returns the weak references to the object that have a callback, as WeakRefs
// that share it, newest first.
template <class T>
std::vector<WeakRef<T>> WeakRefs(const std::shared_ptr<T>& referent) {
  std::vector<WeakRef<T>> refs;
  for (auto& watch : finalize_internal::WeakCallbacksOf(
           finalize_internal::SharedDeleterOf(referent))) {
    refs.push_back(referent);
    refs.back().watch_ = std::move(watch);
  }
  return refs;
}

}  // namespace finalize

template <class T>
struct std::hash<finalize::WeakRef<T>> {
  size_t operator()(const finalize::WeakRef<T>& ref) const noexcept {
    return ref.hash();
  }
};

#endif  // FINALIZE_WEAK_REF_H_
