// SPDX-License-Identifier: Apache-2.0

// Hash and Equal of the weak containers: by value, or by identity.
//
//   struct ByName {
//     using is_transparent = void;
//     bool operator()(const Cat& a, const Cat& b) const;
//     bool operator()(const Cat& a, std::string_view name) const;
//   };
//   finalize::WeakSet<Cat, HashOfName, ByName> cats;   // by value
//   finalize::WeakSet<Cat> these_cats;                 // by identity
//
// WeakValueMap compares its keys by value unless told otherwise: KeyHash,
// KeyEqual. WeakKeyMap and WeakSet compare objects by identity unless told
// otherwise: IdentityHash, IdentityEqual.
//
// KeyHash<K> is std::hash<K>; for std::string it takes anything that converts
// to std::string_view. For a K without std::hash name another Hash, such as
// absl::Hash<K>.
//
// A Hash and an Equal must be copyable, and several threads may call them as
// const objects. To assign, move or swap containers they must be assignable,
// which lambdas are not. If both have a member type `is_transparent`, lookups
// take other types than the key. A Hash of low quality does no harm: the
// containers mix what it returns.
//
// The types below have no state.
//
// Thread-compatible (const calls may run concurrently).
#ifndef FINALIZE_WEAK_HASH_H_
#define FINALIZE_WEAK_HASH_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "finalize/internal/base/requirements.h"

namespace finalize {

// By value: std::hash.
template <class K>
struct KeyHash {
  size_t operator()(const K& key) const { return std::hash<K>()(key); }
};
// For anything that converts to std::string_view.
template <>
struct KeyHash<std::string> {
  using is_transparent = void;
  size_t operator()(std::string_view key) const {
    return std::hash<std::string_view>()(key);
  }
};

// By value: ==.
template <class K>
struct KeyEqual {
  bool operator()(const K& a, const K& b) const { return a == b; }
};
// For anything that converts to std::string_view.
template <>
struct KeyEqual<std::string> {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const {
    return a == b;
  }
};

// By the address of an object.
struct IdentityHash {
  template <class T>
  size_t operator()(const T& object) const {
    return std::hash<const volatile void*>()(std::addressof(object));
  }
};
// The same object.
struct IdentityEqual {
  template <class T>
  bool operator()(const T& a, const T& b) const {
    return std::addressof(a) == std::addressof(b);
  }
};

}  // namespace finalize

#endif  // FINALIZE_WEAK_HASH_H_
