// SPDX-License-Identifier: Apache-2.0

// WeakProxy: a weak reference that is used like its referent, and throws if the
// referent is dead.
//
//   finalize::WeakProxy<Cat> proxy(tom);
//   proxy->Eat();              // pins Tom until the end of this expression
//   Feed(*proxy);              // Feed(Cat&): the same
//   for (Kitten& kitten : *litter) ...   // pins for the whole loop
//   tom.reset();
//   proxy->Eat();              // throws ReferenceError
//
// Forwarded, if T has them: `->`, `*`, calls, the conversion to bool, the six
// comparisons (with a value or with another proxy) and `<<` to a stream; by
// `(*proxy)` also `[]` and iteration. So `if (proxy)` asks the referent;
// expired() says whether it is dead.
//
// Lifetime: `*proxy` and `proxy->` pin the referent until the end of the full
//   expression; a call `proxy(...)`, bool, a comparison and `<<` until they
//   return. The referent cannot die during them, but it can die afterwards, so
//   write `auto cat = proxy.Lock();` rather than `Cat& cat = *proxy;`. A
//   string_view or an iterator into the referent that `proxy(...)` returns may
//   dangle at once: write `(*proxy)(...)` and use it in the same expression. If
//   the result is a reference or a pointer, `proxy(...)` does not compile.
// Failure: if the referent is dead, all of the above throw ReferenceError; no
//   other member does. What the referent's own function throws passes through.
// Callback: as that of a WeakRef (weak_ref.h); it may take a
//   `const WeakProxy<T>&`.
//
// Not covered, although Python's proxies have it: other operators (use what
// Lock() returns; a proxy that forwarded assignment could not be assigned), a
// conversion to T, a separate type for callables, one proxy that all callers
// share. A proxy has no hash, as in Python: its equality is by value and needs
// the referent. Use WeakRef as a key instead.
//
// Thread-compatible (const calls may run concurrently).
#ifndef FINALIZE_WEAK_PROXY_H_
#define FINALIZE_WEAK_PROXY_H_

#include <exception>
#include <functional>
#include <iosfwd>
#include <iterator>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "finalize/export.h"
#include "finalize/internal/base/rtti_required.h"
#include "finalize/internal/base/type_identity.h"
#include "finalize/internal/weak/weak_callback.h"
#include "finalize/options.h"
#include "finalize/weak_ref.h"

namespace finalize_internal {

// For headers, which compile without exceptions.
[[noreturn]] FINALIZE_INTERNAL_EXPORT void ThrowReferenceError();

}  // namespace finalize_internal

namespace finalize {

// What a WeakProxy throws if its referent is dead. Constructing, copying and
// reading it allocates nothing.
class FINALIZE_EXPORT ReferenceError : public std::exception {
 public:
  // Returns "weakly-referenced object no longer exists".
  const char* what() const noexcept override;
};

// A referent, kept alive: what `*proxy` and `proxy->` return. Converts to T&,
// and can be called, indexed and iterated if T can.
template <class T>
class Pinned {
 public:
  // Throws ReferenceError if the pointer is null.
  explicit Pinned(std::shared_ptr<T> referent)
      : referent_(std::move(referent)) {
    if (referent_ == nullptr) finalize_internal::ThrowReferenceError();
  }

  operator T&() const { return *referent_; }  // NOLINT(runtime/explicit)
  T& get() const { return *referent_; }
  T* operator->() const { return referent_.get(); }

  template <class... A>
  std::invoke_result_t<T&, A&&...> operator()(A&&... arguments) const {
    return std::invoke(*referent_, std::forward<A>(arguments)...);
  }
  template <class I, class U = T>
  auto operator[](I&& index) const
      -> decltype(std::declval<U&>()[std::forward<I>(index)]) {
    return (*referent_)[std::forward<I>(index)];
  }
  template <class U = T>
  auto begin() const -> decltype(std::begin(std::declval<U&>())) {
    return std::begin(*referent_);
  }
  template <class U = T>
  auto end() const -> decltype(std::end(std::declval<U&>())) {
    return std::end(*referent_);
  }

 private:
  std::shared_ptr<T> referent_;
};

template <class T>
class WeakProxy {
 public:
  using element_type = T;

  WeakProxy() = default;  // dead
  explicit WeakProxy(WeakRef<T> ref) : ref_(std::move(ref)) {}
  template <class U, class = std::enable_if_t<std::is_convertible_v<U*, T*>>>
  explicit WeakProxy(const std::shared_ptr<U>& referent) : ref_(referent) {}
  template <class U, class F,
            class = std::enable_if_t<std::is_convertible_v<U*, T*>>>
  WeakProxy(const std::shared_ptr<U>& referent, F&& callback,
            Place place = Place::Caller())
      : ref_(referent) {
    ref_.Watch(referent, std::forward<F>(callback), place, WeakProxy(*this));
  }

  Pinned<T> operator->() const { return Pin(); }
  Pinned<T> operator*() const { return Pin(); }
  Pinned<T> Pin() const { return Pinned<T>(ref_.Lock()); }

  // A call that returns a reference or a pointer is not forwarded, because the
  // result may point into the referent: `(*proxy)(arguments...)` pins longer.
  template <class... A, class R = std::invoke_result_t<T&, A&&...>,
            class = std::enable_if_t<!std::is_reference_v<R> &&
                                     !std::is_pointer_v<R>>>
  R operator()(A&&... arguments) const {
    return std::invoke(Pin().get(), std::forward<A>(arguments)...);
  }
  template <class U = T,
            class = decltype(static_cast<bool>(std::declval<U&>()))>
  explicit operator bool() const {
    return static_cast<bool>(Pin().get());
  }

  // Returns the referent, which the pointer keeps alive, or null if it is dead.
  std::shared_ptr<T> Lock() const noexcept { return ref_.Lock(); }
  bool expired() const noexcept { return ref_.expired(); }
  const WeakRef<T>& ref() const { return ref_; }
  // Returns text about the proxy, such as `<WeakProxy to Cat at 0x5581e0>` or
  // `<WeakProxy; dead>`. Does not throw ReferenceError.
  std::string ToString() const {
    const std::shared_ptr<T> referent = Lock();
    return finalize_internal::WeakText(
        "WeakProxy", finalize_internal::IdentityOf<T>(), referent.get());
  }

  template <class H>
  friend H AbslHashValue(H h, const WeakProxy& proxy) = delete;

 private:
  WeakRef<T> ref_;
};

template <class T>
WeakProxy(const std::shared_ptr<T>&) -> WeakProxy<T>;
template <class T, class F>
WeakProxy(const std::shared_ptr<T>&, F&&) -> WeakProxy<T>;

}  // namespace finalize

namespace finalize_internal {

// One side of a comparison: a value, or the pinned referent of a proxy.
template <class T>
struct Side {
  static constexpr bool kIsProxy = false;
  using Value = T;
  explicit Side(const T& value_in) : value(value_in) {}
  const T& value;
};
template <class T>
struct Side<finalize::WeakProxy<T>> {
  static constexpr bool kIsProxy = true;
  using Value = T;
  explicit Side(const finalize::WeakProxy<T>& proxy)
      : pinned(proxy.Pin()), value(pinned.get()) {}
  const finalize::Pinned<T> pinned;
  const T& value;
};

template <class A, class B, class Compare>
using IfComparable = std::enable_if_t<
    std::conjunction_v<
        std::bool_constant<Side<A>::kIsProxy || Side<B>::kIsProxy>,
        std::is_invocable<Compare, const typename Side<A>::Value&,
                          const typename Side<B>::Value&>>,
    bool>;

template <class Compare, class A, class B>
bool ComparePinned(const A& a, const B& b) {
  return Compare()(Side<A>(a).value, Side<B>(b).value);
}

}  // namespace finalize_internal

namespace finalize {

template <class A, class B>
finalize_internal::IfComparable<A, B, std::equal_to<>> operator==(const A& a,
                                                                  const B& b) {
  return finalize_internal::ComparePinned<std::equal_to<>>(a, b);
}
template <class A, class B>
finalize_internal::IfComparable<A, B, std::not_equal_to<>> operator!=(
    const A& a, const B& b) {
  return finalize_internal::ComparePinned<std::not_equal_to<>>(a, b);
}
template <class A, class B>
finalize_internal::IfComparable<A, B, std::less<>> operator<(const A& a,
                                                             const B& b) {
  return finalize_internal::ComparePinned<std::less<>>(a, b);
}
template <class A, class B>
finalize_internal::IfComparable<A, B, std::less_equal<>> operator<=(
    const A& a, const B& b) {
  return finalize_internal::ComparePinned<std::less_equal<>>(a, b);
}
template <class A, class B>
finalize_internal::IfComparable<A, B, std::greater<>> operator>(const A& a,
                                                                const B& b) {
  return finalize_internal::ComparePinned<std::greater<>>(a, b);
}
template <class A, class B>
finalize_internal::IfComparable<A, B, std::greater_equal<>> operator>=(
    const A& a, const B& b) {
  return finalize_internal::ComparePinned<std::greater_equal<>>(a, b);
}

template <class Char, class Traits, class T>
auto operator<<(std::basic_ostream<Char, Traits>& out,
                const WeakProxy<T>& proxy)
    -> decltype(out << std::declval<const T&>()) {
  return out << proxy.Pin().get();
}

}  // namespace finalize

#endif  // FINALIZE_WEAK_PROXY_H_
