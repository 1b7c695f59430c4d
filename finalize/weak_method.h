// SPDX-License-Identifier: Apache-2.0

// WeakMethod: a member function bound to an object that it does not keep alive.
//
//   finalize::WeakMethod<int(std::string)> eat(tom, &Cat::Eat);
//   if (std::optional<int> left = eat("fish")) Store(*left);
//   tom.reset();
//   eat("fish");    // std::nullopt, and nothing is called
//
// It is dead when its object is dead. A call pins the object while the method
// runs, and returns an optional of the method's result (for void: whether it
// ran). Lock() returns the method bound to the object, which it keeps alive, or
// an empty function.
//
// Any callable that takes the object first can stand for the method if it is as
// small as a pointer to a member, trivially copyable and comparable: a pointer
// to a member function, to a data member or to a function.
//
// Equality is by identity of the object (as for a WeakRef) and equality of the
// method, dead or alive; the hash agrees with it. The base through which the
// object was given makes no difference. Methods of different types do: if Cat
// has its own Eat, &Animal::Eat and &Cat::Eat are different.
//
// Failure: what the method throws passes through. Only a callback and Lock()
//   allocate.
// Lifetime: the callback is as that of a WeakRef (weak_ref.h), and may take a
//   `const WeakMethod&`.
//
// Not covered: methods that return a reference (let them return a pointer) and
// lambdas with captures, which cannot be compared (a static_assert says so);
// text; an order; equality by value of the objects, which Python's has.
//
// Thread-compatible (const calls may run concurrently).
#ifndef FINALIZE_WEAK_METHOD_H_
#define FINALIZE_WEAK_METHOD_H_

#include <algorithm>
#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "finalize/options.h"
#include "finalize/weak_ref.h"

namespace finalize {

template <class Signature>
class WeakMethod;

template <class R, class... A>
class WeakMethod<R(A...)> {
  static_assert(!std::is_reference_v<R>,
                "a WeakMethod returns a std::optional of the method's result, "
                "and there is no optional reference: name a result without &, "
                "or let the method return a pointer");

 public:
  // What a call returns: an optional<R>; for void, whether the method ran.
  using Result = std::conditional_t<std::is_void_v<R>, bool, std::optional<R>>;

  WeakMethod() = default;  // dead

  WeakMethod(const WeakMethod&) = default;
  WeakMethod& operator=(const WeakMethod&) = default;
  // A moved-from one is dead, and equal to WeakMethod().
  WeakMethod(WeakMethod&& other) noexcept
      : object_(std::move(other.object_)),
        call_(other.call_),
        equal_(std::exchange(other.equal_, nullptr)) {
    std::copy(std::begin(other.method_), std::end(other.method_), method_);
  }
  WeakMethod& operator=(WeakMethod&& other) noexcept {
    WeakMethod moved(std::move(other));
    object_ = std::move(moved.object_);
    call_ = moved.call_;
    equal_ = moved.equal_;
    std::copy(std::begin(moved.method_), std::end(moved.method_), method_);
    return *this;
  }

  template <class T, class M,
            class = std::enable_if_t<std::is_invocable_r_v<R, M&, T&, A...>>>
  WeakMethod(const std::shared_ptr<T>& object, M method)
      : object_(object), call_(&Call<T, M>), equal_(&Equal<M>) {
    static_assert(
        sizeof(M) <= sizeof(method_) && std::is_trivially_copyable_v<M>,
        "a method is a pointer to a member, or as small as one");
    static_assert(
        Comparable<M>::value,
        "WeakMethods are equal if their methods are, so a method needs ==, as "
        "pointers to members and to functions have it; a lambda with captures "
        "has none: name a member function");
    new (method_) M(method);
  }
  template <class T, class M, class F,
            class = std::enable_if_t<std::is_invocable_r_v<R, M&, T&, A...>>>
  WeakMethod(const std::shared_ptr<T>& object, M method, F&& callback,
             Place place = Place::Caller())
      : WeakMethod(object, method) {
    object_.Watch(object, std::forward<F>(callback), place, WeakMethod(*this));
  }

  Result operator()(A... arguments) const {
    const std::shared_ptr<const volatile void> object = object_.Lock();
    if (object == nullptr) return Result();
    void* const address = const_cast<void*>(object.get());
    if constexpr (std::is_void_v<R>) {
      call_(address, method_, std::forward<A>(arguments)...);
      return true;
    } else {
      return call_(address, method_, std::forward<A>(arguments)...);
    }
  }

  // Returns the method bound to its object, which the function keeps alive;
  // an empty function if the object is dead.
  std::function<R(A...)> Lock() const {
    auto object = object_.Lock();
    if (object == nullptr) return nullptr;
    return [object = std::move(object), method = *this](A... arguments) -> R {
      return method.call_(const_cast<void*>(object.get()), method.method_,
                          std::forward<A>(arguments)...);
    };
  }

  bool expired() const noexcept { return object_.expired(); }
  bool has_callback() const { return object_.has_callback(); }

  friend bool operator==(const WeakMethod& a, const WeakMethod& b) {
    return a.equal_ == b.equal_ && a.object_ == b.object_ &&
           (a.equal_ == nullptr || a.equal_(a.method_, b.method_));
  }
  friend bool operator!=(const WeakMethod& a, const WeakMethod& b) {
    return !(a == b);
  }
  size_t hash() const noexcept { return object_.hash(); }
  template <class H>
  friend H AbslHashValue(H h, const WeakMethod& method) {
    return H::combine(std::move(h), method.hash());
  }

 private:
  template <class T, class M>
  static R Call(void* object, const void* method, A&&... arguments) {
    M copy = *static_cast<const M*>(method);
    return static_cast<R>(std::invoke(copy, *static_cast<T*>(object),
                                      std::forward<A>(arguments)...));
  }
  template <class M, class = void>
  struct Comparable : std::false_type {};
  template <class M>
  struct Comparable<M, std::void_t<decltype(bool(std::declval<const M&>() ==
                                                 std::declval<const M&>()))>>
      : std::true_type {};
  template <class M>
  static bool Equal(const void* a, const void* b) {
    return *static_cast<const M*>(a) == *static_cast<const M*>(b);
  }

  WeakRef<const volatile void> object_;
  // The functions that know the types of the object and the method. Not in a
  // table, because its symbol would be unique in the process (module.h).
  R (*call_)(void* object, const void* method, A&&... arguments) = nullptr;
  bool (*equal_)(const void* a, const void* b) = nullptr;
  alignas(void*) unsigned char method_[2 * sizeof(void*)] = {};
};

}  // namespace finalize

template <class R, class... A>
struct std::hash<finalize::WeakMethod<R(A...)>> {
  size_t operator()(
      const finalize::WeakMethod<R(A...)>& method) const noexcept {
    return method.hash();
  }
};

#endif  // FINALIZE_WEAK_METHOD_H_
