// SPDX-License-Identifier: Apache-2.0

// A callback with its bound arguments (Bound), and the table of operations on a
// callback whose type is erased (CallbackOps). Only here do the library's types
// depend on the user's types.
#ifndef FINALIZE_INTERNAL_NODE_CALLBACK_H_
#define FINALIZE_INTERNAL_NODE_CALLBACK_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "finalize/cause.h"
#include "finalize/export.h"
#include "finalize/internal/base/callback_text.h"
#include "finalize/internal/base/type_identity.h"
#include "finalize/internal/node/storage.h"

namespace finalize_internal {

// Whether and how a callback failed. `code` is the value of an
// absl::StatusCode.
struct Failure {
  bool failed = false;
  int code = 0;
  std::unique_ptr<std::string> text;  // null: none

  // If there is no memory for the message, the message is empty.
  FINALIZE_INTERNAL_EXPORT void Set(int failure_code,
                                    std::string_view message) noexcept;
  std::string message() const { return text != nullptr ? *text : ""; }
};

// The operations on a stored callback. One constant table for each type.
struct CallbackOps {
  // Runs the callback. `result` is a std::optional<R>* to fill, or null to drop
  // the result. Exceptions of the callback propagate.
  void (*run)(void* callable, const finalize::Cause& cause, void* result,
              Failure* failure);
  void (*destroy)(void* callable);
  // Appends text such as `RemoveTree("/tmp/x")`, or `RemoveTree` without
  // arguments, if a run has moved from them.
  void (*describe)(const void* callable, bool with_arguments, std::string* out);
  // Copies the bound arguments into the std::optional<std::tuple<...>> at `out`
  // whose tuple type is `tuple`. Returns false if the arguments have another
  // type, or cannot be copied.
  bool (*copy_arguments)(const void* callable, const TypeIdentity& tuple,
                         void* out);
  uint32_t size;
  uint32_t alignment;
  bool trivial;  // destroying it does nothing
};

// How a callback is invoked: once, as an rvalue, or any number of times.
enum class Invocation { kOnce, kRetryable };

template <Invocation kInvocation, class T>
using AsInvoked = std::conditional_t<kInvocation == Invocation::kOnce, T&&, T&>;

// A callback gets the cause only if it cannot be called without one. Only then
// is the second condition checked, because for a generic lambda the check
// itself may be an error.
template <Invocation kInvocation, class F, class... A>
inline constexpr bool kWantsCause = std::conjunction_v<
    std::negation<std::is_invocable<AsInvoked<kInvocation, F>,
                                    AsInvoked<kInvocation, A>...>>,
    std::is_invocable<AsInvoked<kInvocation, F>, const finalize::Cause&,
                      AsInvoked<kInvocation, A>...>>;

// True if a callback with these (decayed) types can be called at all.
template <Invocation kInvocation, class F, class... A>
inline constexpr bool kIsCallable = std::disjunction_v<
    std::is_invocable<AsInvoked<kInvocation, F>, AsInvoked<kInvocation, A>...>,
    std::bool_constant<kWantsCause<kInvocation, F, A...>>>;

template <Invocation kInvocation, class F, class... A>
constexpr auto ResultOf() {
  if constexpr (kWantsCause<kInvocation, F, A...>) {
    using R =
        std::invoke_result_t<AsInvoked<kInvocation, F>, const finalize::Cause&,
                             AsInvoked<kInvocation, A>...>;
    return std::common_type<std::decay_t<R>>();
  } else if constexpr (kIsCallable<kInvocation, F, A...>) {
    using R = std::invoke_result_t<AsInvoked<kInvocation, F>,
                                   AsInvoked<kInvocation, A>...>;
    return std::common_type<std::decay_t<R>>();
  } else {
    return std::common_type<void>();  // RegisterNode says what is wrong
  }
}

// The type of the result of a callback with these (decayed) types: a value, or
// void.
template <Invocation kInvocation, class F, class... A>
using CallbackResult =
    typename decltype(ResultOf<kInvocation, F, A...>())::type;

// True for a result that can report a failure: one that has ok(), and is or has
// a status (absl::Status, absl::StatusOr<T>). It is recognized by its members,
// so that the smallest headers need not include absl/status.
template <class T, class = void>
inline constexpr bool kIsStatus = false;
template <class T>
inline constexpr bool
    kIsStatus<T, std::void_t<decltype(std::declval<const T&>().ok()),
                             decltype(std::declval<const T&>().code()),
                             decltype(std::declval<const T&>().message())>> =
        true;
template <class T, class = void>
inline constexpr bool kHasStatus = false;
template <class T>
inline constexpr bool
    kHasStatus<T, std::void_t<decltype(std::declval<const T&>().ok()),
                              decltype(std::declval<const T&>().status())>> =
        true;

template <class R>
void RecordStatus(const R& result, Failure* failure) {
  if constexpr (kIsStatus<R>) {
    if (!result.ok()) {
      auto message = result.message();
      failure->Set(static_cast<int>(result.code()),
                   std::string_view(message.data(), message.size()));
    }
  } else if constexpr (kHasStatus<R>) {
    if (!result.ok()) RecordStatus(result.status(), failure);
  }
}

template <Invocation kInvocation, class F, class... A>
struct Bound {
  using Result = CallbackResult<kInvocation, F, A...>;

  template <class F2, class... A2>
  explicit Bound(std::in_place_t, F2&& function_in, A2&&... arguments_in)
      : function(std::forward<F2>(function_in)),
        arguments(std::forward<A2>(arguments_in)...) {}

  decltype(auto) Invoke(const finalize::Cause& cause) {
    return std::apply(
        [&](A&... bound) -> decltype(auto) {
          if constexpr (kWantsCause<kInvocation, F, A...>) {
            return std::invoke(
                static_cast<AsInvoked<kInvocation, F>>(function), cause,
                static_cast<AsInvoked<kInvocation, A>>(bound)...);
          } else {
            return std::invoke(
                static_cast<AsInvoked<kInvocation, F>>(function),
                static_cast<AsInvoked<kInvocation, A>>(bound)...);
          }
        },
        arguments);
  }

  void Describe(bool with_arguments, std::string* out) const {
    if (!with_arguments) return DescribeFunction(function, out);
    std::apply(
        [&](const A&... bound) { DescribeCall(out, function, bound...); },
        arguments);
  }

  F function;
  // Takes no room if there are no arguments. Both compilers know the attribute
  // in C++17, too.
  [[no_unique_address]] std::tuple<A...> arguments;
};

template <class... A>
bool CopyArguments(const std::tuple<A...>& arguments, const TypeIdentity& tuple,
                   void* out) {
  if constexpr ((std::is_copy_constructible_v<A> && ...)) {
    if (tuple != IdentityOf<std::tuple<A...>>()) return false;
    static_cast<std::optional<std::tuple<A...>>*>(out)->emplace(arguments);
    return true;
  } else {
    return false;
  }
}

// The functions that the table kOpsFor<B> points to.
template <class B>
struct [[gnu::visibility("hidden")]] OpsFor {
  using Result = typename B::Result;
  using Stored = Storage<B>;

  static void Run(void* callable, const finalize::Cause& cause, void* result,
                  Failure* failure) {
    B& bound = static_cast<Stored*>(callable)->get();
    if constexpr (std::is_void_v<Result>) {
      bound.Invoke(cause);
    } else {
      std::optional<Result> local;
      std::optional<Result>* out =
          result ? static_cast<std::optional<Result>*>(result) : &local;
      out->emplace(bound.Invoke(cause));
      RecordStatus(**out, failure);
    }
  }
  static void Destroy(void* callable) {
    Stored::Destroy(static_cast<Stored*>(callable));
  }
  static void Describe(const void* callable, bool with_arguments,
                       std::string* out) {
    static_cast<const Stored*>(callable)->get().Describe(with_arguments, out);
  }
  static bool Copy(const void* callable, const TypeIdentity& tuple, void* out) {
    return CopyArguments(static_cast<const Stored*>(callable)->get().arguments,
                         tuple, out);
  }
};

// Local to each object file, so that every module has its own tables. The
// address of a table tells to which module its code belongs (module.h), and no
// table keeps a module from being unmapped, as a unique symbol would.
template <class B>
static constexpr CallbackOps kOpsFor = {
    &OpsFor<B>::Run,
    &OpsFor<B>::Destroy,
    &OpsFor<B>::Describe,
    &OpsFor<B>::Copy,
    sizeof(Storage<B>),
    alignof(Storage<B>),
    std::is_trivially_destructible_v<B>&& kFitsInline<B>};

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_NODE_CALLBACK_H_
