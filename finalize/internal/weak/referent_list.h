// SPDX-License-Identifier: Apache-2.0

// Finds the list of finalizers of a referent: of a Lifetime, or of an object
// that a shared_ptr owns. This header is separate, so that lifetime.h need not
// include shared_deleter.h.
#ifndef FINALIZE_INTERNAL_WEAK_REFERENT_LIST_H_
#define FINALIZE_INTERNAL_WEAK_REFERENT_LIST_H_

#include <memory>
#include <type_traits>
#include <utility>

#include "finalize/export.h"

namespace finalize_internal {

struct LifetimeList;

// Returns the list of an object whose shared_ptr MakeShared or Adopt created.
// Returns null for any other pointer.
FINALIZE_INTERNAL_EXPORT LifetimeList* LifetimeListOf(
    const std::shared_ptr<const volatile void>& owner);

// True if OnDestroy accepts it: a Lifetime or a shared_ptr.
template <class Referent, class = void>
inline constexpr bool kIsReferent = false;
template <class Referent>
inline constexpr bool kIsReferent<Referent, std::void_t<decltype(LifetimeListOf(
                                                std::declval<Referent&>()))>> =
    true;

// Returns the list of the argument of OnDestroy: a Lifetime, or a shared_ptr,
// which may be a temporary.
template <class Referent>
LifetimeList* ListOfReferent(Referent&& referent) {
  constexpr bool kIsOne = kIsReferent<std::remove_reference_t<Referent>>;
  static_assert(kIsOne,
                "OnDestroy takes a Lifetime& or a std::shared_ptr first: write "
                "OnDestroy(object.lifetime(), \"name\", callback, "
                "arguments...)");
  static_assert(
      !kIsOne || std::is_lvalue_reference_v<Referent> ||
          std::is_convertible_v<Referent, std::shared_ptr<const volatile void>>,
      "OnDestroy was given a temporary Lifetime: it ends with the statement, "
      "so the callback would run at once. An accessor returns `Lifetime&`");
  if constexpr (kIsOne) {
    return LifetimeListOf(referent);
  } else {
    return nullptr;
  }
}

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_WEAK_REFERENT_LIST_H_
