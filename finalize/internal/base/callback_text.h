// SPDX-License-Identifier: Apache-2.0

// DescribeCall writes a callback and its bound arguments as a dump shows them:
// `RemoveTree("/tmp/x", 3)`.
//
// A function is named by its symbol if the program has one. Any other callable
// is named by its type. Numbers, strings, paths and pointers are printed: a
// `const char*` as the string that it points to, and a `char*`, which may be a
// buffer, as a pointer. Any other argument is named by its type. All text is
// escaped (escape.h).
//
// A callable with a member kUnnamed is not named, and the arguments stand
// alone. It is for callables that a library registers for its users, whose
// types would tell those users nothing.
#ifndef FINALIZE_INTERNAL_BASE_CALLBACK_TEXT_H_
#define FINALIZE_INTERNAL_BASE_CALLBACK_TEXT_H_

#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include "finalize/export.h"
#include "finalize/internal/base/escape.h"
#include "finalize/internal/base/type_identity.h"

namespace finalize_internal {

void AppendTypeName(const std::type_info& type, std::string* out);
FINALIZE_INTERNAL_EXPORT void AppendTypeName(const TypeIdentity& type,
                                             std::string* out);
FINALIZE_INTERNAL_EXPORT void AppendSymbol(const void* address,
                                           const TypeIdentity& type,
                                           std::string* out);
FINALIZE_INTERNAL_EXPORT void AppendPointer(const void* pointer,
                                            std::string* out);
FINALIZE_INTERNAL_EXPORT void AppendInteger(long long value, std::string* out);
FINALIZE_INTERNAL_EXPORT void AppendUnsigned(unsigned long long value,
                                             std::string* out);
FINALIZE_INTERNAL_EXPORT void AppendReal(double value, std::string* out);

// True for a path: a type whose native() is text (std::filesystem,
// Boost.Filesystem).
template <class T, class = void>
inline constexpr bool kIsPath = false;
template <class T>
inline constexpr bool kIsPath<
    T, std::enable_if_t<std::is_convertible_v<
           decltype(std::declval<const T&>().native()), std::string_view>>> =
    true;

template <class F, class = void>
struct IsUnnamed : std::false_type {};
template <class F>
struct IsUnnamed<F, std::void_t<decltype(F::kUnnamed)>> : std::true_type {};

// Appends the name without the arguments; nothing if F is unnamed.
template <class F>
void DescribeFunction(const F& function, std::string* out) {
  if constexpr (IsUnnamed<F>::value) {
    return;
  } else if constexpr (std::is_pointer_v<F> &&
                       std::is_function_v<std::remove_pointer_t<F>>) {
    AppendSymbol(reinterpret_cast<const void*>(function), IdentityOf<F>(), out);
  } else {
    AppendTypeName(IdentityOf<F>(), out);
  }
}

template <class T>
void DescribeArgument(const T& value, std::string* out) {
  if constexpr (std::is_same_v<T, bool>) {
    out->append(value ? "true" : "false");
  } else if constexpr (std::is_null_pointer_v<T>) {
    out->append("nullptr");
  } else if constexpr (std::is_same_v<T, const char*>) {
    if (value == nullptr) {
      out->append("nullptr");
    } else {
      AppendQuoted(value, out);
    }
  } else if constexpr (std::is_enum_v<T>) {
    AppendInteger(static_cast<long long>(value), out);
  } else if constexpr (std::is_floating_point_v<T>) {
    AppendReal(static_cast<double>(value), out);
  } else if constexpr (std::is_integral_v<T> && std::is_unsigned_v<T>) {
    AppendUnsigned(value, out);
  } else if constexpr (std::is_integral_v<T>) {
    AppendInteger(value, out);
  } else if constexpr (std::is_pointer_v<T> &&
                       std::is_function_v<std::remove_pointer_t<T>>) {
    AppendSymbol(reinterpret_cast<const void*>(value), IdentityOf<T>(), out);
  } else if constexpr (std::is_pointer_v<T>) {
    AppendPointer(
        const_cast<const void*>(static_cast<const volatile void*>(value)), out);
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    AppendQuoted(std::string_view(value), out);
  } else if constexpr (kIsPath<T>) {
    AppendQuoted(value.native(), out);
  } else {
    out->push_back('<');
    AppendTypeName(IdentityOf<T>(), out);
    out->push_back('>');
  }
}

template <class... A>
void DescribeArguments(std::string* out, const A&... arguments) {
  [[maybe_unused]] bool first = true;
  ((first ? void(first = false) : void(out->append(", ")),
    DescribeArgument(arguments, out)),
   ...);
}

template <class F, class... A>
void DescribeCall(std::string* out, const F& function, const A&... arguments) {
  if constexpr (IsUnnamed<F>::value) {
    DescribeArguments(out, arguments...);
  } else {
    DescribeFunction(function, out);
    out->push_back('(');
    DescribeArguments(out, arguments...);
    out->push_back(')');
  }
}

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_BASE_CALLBACK_TEXT_H_
