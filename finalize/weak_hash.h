// How weak containers find keys: by value, or by identity.
//
// WeakValueMap compares its keys by value: KeyHash, KeyEqual. WeakKeyMap and
// WeakSet compare objects, by identity unless told otherwise: IdentityHash,
// IdentityEqual.
//
// KeyHash<K> is std::hash<K>, and for std::string takes anything that becomes a
// std::string_view. For a K without std::hash name another one, such as
// absl::Hash<K>. Any Hash and Equal will do that are copyable and may be called
// as const from several threads (to assign, move or swap containers they must
// be assignable, which lambdas are not); where both have a member
// `is_transparent` lookups take other types. The containers mix what a Hash
// returns, so that it need not be a good one.
//
// Values of these types have no state; they are thread-compatible (const calls
// may run concurrently).
#ifndef FINALIZE_WEAK_HASH_H_
#define FINALIZE_WEAK_HASH_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "finalize/requirements.h"

namespace finalize {

template <class K>
struct KeyHash {
  size_t operator()(const K& key) const { return std::hash<K>()(key); }
};
template <>
struct KeyHash<std::string> {
  using is_transparent = void;
  size_t operator()(std::string_view key) const {
    return std::hash<std::string_view>()(key);
  }
};

template <class K>
struct KeyEqual {
  bool operator()(const K& a, const K& b) const { return a == b; }
};
template <>
struct KeyEqual<std::string> {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const {
    return a == b;
  }
};

// Of an object, not of its value.
struct IdentityHash {
  template <class T>
  size_t operator()(const T& object) const {
    return std::hash<const volatile void*>()(std::addressof(object));
  }
};
struct IdentityEqual {
  template <class T>
  bool operator()(const T& a, const T& b) const {
    return std::addressof(a) == std::addressof(b);
  }
};

}  // namespace finalize

#endif  // FINALIZE_WEAK_HASH_H_
