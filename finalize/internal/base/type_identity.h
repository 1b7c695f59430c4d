// SPDX-License-Identifier: Apache-2.0

// TypeIdentity: which type something has, for code whose type is erased, to
// compare and to name it. Works without RTTI.
//
// Two of them are compared by their type_infos if both have one, else by the
// address of a function. The function is hidden, as everything that is
// instantiated for a user's type (module.h): without RTTI, the same type in two
// shared objects counts as two. Types that differ never count as one, also if
// a part of the program is compiled with RTTI and a part without.
#ifndef FINALIZE_INTERNAL_BASE_TYPE_IDENTITY_H_
#define FINALIZE_INTERNAL_BASE_TYPE_IDENTITY_H_

#include <typeinfo>

#include "finalize/internal/base/requirements.h"

namespace finalize_internal {

struct TypeIdentity {
  const std::type_info* info;  // null without RTTI
  const char* (*text)();       // returns a text that ends with the name

  friend bool operator==(const TypeIdentity& a, const TypeIdentity& b) {
    if (a.info != nullptr && b.info != nullptr) return *a.info == *b.info;
    return a.text == b.text;
  }
  friend bool operator!=(const TypeIdentity& a, const TypeIdentity& b) {
    return !(a == b);
  }
};

// `... [with T = Cat]` with gcc, `... [T = Cat]` with clang.
template <class T>
[[gnu::visibility("hidden")]] const char* TypeText() {
  return __PRETTY_FUNCTION__;
}

template <class T>
[[gnu::visibility("hidden")]] TypeIdentity IdentityOf() {
#ifdef __GXX_RTTI
  return {&typeid(T), &TypeText<T>};
#else
  return {nullptr, &TypeText<T>};
#endif
}

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_BASE_TYPE_IDENTITY_H_
