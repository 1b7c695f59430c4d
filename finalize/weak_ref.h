// WeakRef: a weak reference to an object that shared_ptrs own.
//
//   std::shared_ptr<Cat> tom = finalize::MakeShared<Cat>("Tom");
//   finalize::WeakRef<Cat> ref(tom, [] { std::puts("Tom is gone"); });
//   if (std::shared_ptr<Cat> cat = ref.Lock()) cat->Eat();
//   tom.reset();   // Tom is gone
//   ref.Lock();    // null
//
// It does not keep the object alive. Lock() checks and pins in one step, from
// any thread; expired() may be old news before it is looked at.
//
// Any shared_ptr is accepted: aliasing ones, those to const, to a base, from
// shared_from_this(). In a destructor weak_from_this() gives a dead one.
//
// The callback runs once, when the referent dies, on the thread that drops its
// last owner, with no lock held; but only if the WeakRef, or a copy of it, is
// still there: with the last one the callback goes, unrun. All weak references
// to the referent are dead before its destructor and before the first callback;
// WeakRef callbacks and finalizers (OnDestroy) then run newest first, in one
// order. It may take a `const WeakRef<T>&` equal to its own, which is dead, or
// a `const Cause&`. A callback that has begun is not waited for: it may still
// run on another thread after the last WeakRef is gone, so it owns, or holds
// weakly, what it uses. (Who drops the WeakRef may hold a lock that the
// callback wants. Finally waits.) It is not run at exit, nor by a drain: an
// object that is never destroyed never died. It cannot be read back;
// has_callback() says whether it is pending.
//
// Dropping a WeakRef is how one cancels its callback. So a WeakRef that its own
// referent owns never runs it: the referent's destructor drops the WeakRef
// before the callback's turn. (Python runs it.) In the same way a destructor or
// a callback that drops another WeakRef to the dying object cancels that one's
// callback. A callback that must run at the object's death belongs to
// OnDestroy, which nothing that the object owns can cancel.
//
// Its code must be loaded when it runs: a shared library that may be unloaded
// includes module.h, and dlclose() drops the callbacks that it registered. The
// references themselves, and containers, it has to have dropped by then, as
// its static objects are.
//
// A callback needs a referent that tells of its death: one that MakeShared or
// Adopt made (IsAttachable, shared.h). For any other it is refused, with a
// failure report, and so it is without memory. What it throws or returns goes
// to the failure reporter.
//
// Equality and hash are by identity of the referent, and do not change when it
// dies: same owner, same object, also through a base or a const pointer. (In
// Python two references are equal if their referents are: here that is
// EqualReferents, a functor. There is no hash by value, since it would be lost
// with the referent.) There is no order. What the types do not tell is not
// known: a base without virtual functions that does not lie at the object's
// beginning, given as a shared_ptr to that base, is another object; an alias to
// the first member is the same as the whole, where that has no virtual
// functions; and what is made from an expired std::weak_ptr never had a
// referent.
//
// One without a callback is a value, a std::weak_ptr with an address. (Python
// shares it between all who ask, and counts it.) Nobody is told of it, so that
// a copy costs no more than a weak_ptr's: WeakRefCount counts what is to be
// told of the death.
//
// After fork() the child's copies work; callbacks that it inherited do not run,
// unless it adopts them (adopt_after_fork.h). What is pending is listed and
// counted (inspect.h) among what the process has, in no registry. In the child
// WeakRefs and WeakRefCount still tell of what it inherited.
//
// One WeakRef is thread-compatible (const calls may run concurrently); copies
// may be used by other threads.
#ifndef FINALIZE_WEAK_REF_H_
#define FINALIZE_WEAK_REF_H_

#include <cstddef>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include "finalize/internal/rtti_required.h"
#include "finalize/internal/shared_deleter.h"
#include "finalize/internal/weak_watch.h"
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

  // Dead, and equal to any other that never had a referent: one made from a
  // null pointer, or from one that owns nothing (it aliases an empty one).
  WeakRef() = default;

  template <class U, IfConvertible<U> = 0>
  WeakRef(const std::shared_ptr<U>& referent)  // NOLINT(runtime/explicit)
      : referent_(referent), identity_(IdentityOf(referent)) {}
  template <class U, IfConvertible<U> = 0>
  explicit WeakRef(const std::weak_ptr<U>& referent)
      : WeakRef(referent.lock()) {}

  // With a callback; the place in a failure report is the caller's line.
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
  // What is moved from is dead, and equal to WeakRef().
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

  // Returns the referent, held alive, or null if it is dead.
  std::shared_ptr<T> Lock() const noexcept { return referent_.lock(); }
  bool expired() const noexcept { return referent_.expired(); }

  // Whether it has a callback that is still to run.
  bool has_callback() const { return watch_ != nullptr && watch_->pending(); }

  // Whether both refer to the same object, dead or alive.
  template <class U>
  bool SameReferent(const WeakRef<U>& other) const noexcept {
    return identity_ == other.identity_ &&
           !referent_.owner_before(other.referent_) &&
           !other.referent_.owner_before(referent_);
  }

  // A hash that goes with the equality.
  size_t hash() const noexcept {
    return std::hash<const volatile void*>()(identity_);
  }

  // Returns `<WeakRef to Cat at 0x5581e0>`, or `<WeakRef; dead>`.
  std::string ToString() const {
    const std::shared_ptr<T> referent = Lock();
    return finalize_internal::WeakText("WeakRef", typeid(T), referent.get());
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

  // Registers the callback, which may take `self`.
  template <class U, class F, class Self>
  void Watch(const std::shared_ptr<U>& referent, F&& callback, Place place,
             Self self) {
    watch_ = finalize_internal::WatchReferent(
        finalize_internal::SharedDeleterOf(referent), place,
        std::forward<F>(callback), std::move(self));
  }

  // The address of the whole object where the type tells.
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
  std::shared_ptr<finalize_internal::WeakWatch> watch_;
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

// Equality by value: of the referents where both are alive, else by identity.
struct EqualReferents {
  template <class T, class U>
  bool operator()(const WeakRef<T>& a, const WeakRef<U>& b) const {
    const auto first = a.Lock();
    const auto second = b.Lock();
    return first && second ? *first == *second : a.SameReferent(b);
  }
};

// Returns how many will be told of the death of the object: finalizers, entries
// of weak containers, and callbacks of WeakRef, WeakProxy and WeakMethod. 0 for
// an object that tells nobody (IsAttachable). May be old news at once.
template <class T>
size_t WeakRefCount(const std::shared_ptr<T>& referent) {
  return finalize_internal::CountReferences(
      finalize_internal::SharedDeleterOf(referent));
}

// Returns the weak references with a callback, as WeakRefs that share it,
// newest first.
template <class T>
std::vector<WeakRef<T>> WeakRefs(const std::shared_ptr<T>& referent) {
  std::vector<WeakRef<T>> refs;
  for (auto& watch : finalize_internal::WatchesOf(
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
