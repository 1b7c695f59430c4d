// WeakProxy: a weak reference that is used like its referent.
//
//   finalize::WeakProxy<Cat> proxy(tom);
//   proxy->Eat();              // pins Tom until the end of this expression
//   Feed(*proxy);              // Feed(Cat&): the same
//   for (Kitten& kitten : *litter) ...   // pins for the whole loop
//   tom.reset();
//   proxy->Eat();              // throws ReferenceError
//
// `*proxy` and `proxy->` pin the referent to the end of the full expression, a
// call `proxy(...)`, bool, a comparison and `<<` until they return: it cannot
// die in the middle of them. What they return is not pinned for longer. So for
// `Cat& cat = *proxy;` say `auto cat = proxy.Lock();`; and a string_view, an
// iterator or the like that leads into the referent, returned by `proxy(...)`,
// may dangle at once: say `(*proxy)(...)` and use it in the same expression.
// (Where the result is a reference or a pointer `proxy(...)` does not compile.)
//
// What is forwarded, where T has it: `->`, `*`, calls, bool, the six
// comparisons (with a value or with another proxy), `<<` to a stream; and by
// `(*proxy)` also `[]` and iteration. So `if (proxy)` asks the referent;
// expired() says whether there is one. Other operators are for what Lock()
// returns: a proxy that forwarded assignment could not be assigned. Nor does it
// pass for a T by itself, as Python's does. On a dead referent all of these
// throw ReferenceError, and nothing else does.
//
// It has no hash, whatever the referent has: equality is by value, and goes
// with the referent. Key by WeakRef instead.
//
// The callback is as that of a WeakRef, and may take a `const WeakProxy<T>&`.
// There is one type of proxy, for callables as well; two of one referent share
// nothing.
//
// One WeakProxy is thread-compatible (const calls may run concurrently).
#ifndef FINALIZE_WEAK_PROXY_H_
#define FINALIZE_WEAK_PROXY_H_

#include <functional>
#include <iosfwd>
#include <iterator>
#include <memory>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include "finalize/internal/rtti_required.h"
#include "finalize/internal/weak_watch.h"
#include "finalize/options.h"
#include "finalize/reference_error.h"
#include "finalize/weak_ref.h"

namespace finalize {

// A referent, held alive: what `*proxy` and `proxy->` return. Becomes a T& by
// itself, and can be called, indexed and iterated where T can.
template <class T>
class Pinned {
 public:
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

  // A call that returns a reference or a pointer is not forwarded, since that
  // may lead into the referent: `(*proxy)(arguments...)` pins for longer.
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

  // Returns the referent, held alive, or null if it is dead.
  std::shared_ptr<T> Lock() const noexcept { return ref_.Lock(); }
  bool expired() const noexcept { return ref_.expired(); }
  const WeakRef<T>& ref() const { return ref_; }
  // Returns text about the proxy, as WeakRef::ToString; does not throw on a
  // dead one.
  std::string ToString() const {
    const std::shared_ptr<T> referent = Lock();
    return finalize_internal::WeakText("WeakProxy", typeid(T), referent.get());
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

// A side of a comparison: a value, or the referent of a proxy, pinned.
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
