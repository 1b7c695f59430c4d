// SPDX-License-Identifier: Apache-2.0

// A WeakItem is the value that `*it` returns for an iterator of WeakValueMap
// and of WeakKeyMap. It keeps the entry and its weak side alive.
//
// It owns a reference to the entry and one to the weak side, so it depends
// neither on the iterator nor on the map. For an item with a name, key() and
// value() return references into the item. For a temporary they return values,
// because a reference into a temporary would dangle at the end of the full
// expression. For the same reason items have no data members, and iterators
// have no operator->.
//
// A `const WeakItem&&` returns references as well: `const auto [key, value]`
// takes its parts from one, which has a hidden name.
#ifndef FINALIZE_INTERNAL_WEAK_WEAK_ITEM_H_
#define FINALIZE_INTERNAL_WEAK_WEAK_ITEM_H_

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

#include "finalize/internal/weak/weak_entry.h"

namespace finalize_internal {

// One of Key and Value is the shared_ptr to the weak side (the key if
// kHoldsKey), and the item has a copy of it; the other is a part of the entry.
// Both may be const.
template <class Key, class Value, bool kHoldsKey>
class WeakItem {
  using Held = std::remove_const_t<std::conditional_t<kHoldsKey, Key, Value>>;
  using Inside = std::conditional_t<kHoldsKey, Value, Key>;
  template <class T>
  using IfValue = std::enable_if_t<!std::is_reference_v<T>, int>;

 public:
  Key& key() const& { return Part<kHoldsKey>(*this); }
  Value& value() const& { return Part<!kHoldsKey>(*this); }
  std::remove_const_t<Key> key() && { return Take<kHoldsKey>(); }
  std::remove_const_t<Value> value() && { return Take<!kHoldsKey>(); }

  // Converts to a pair of values, such as a map's value_type.
  template <class A, class B, IfValue<A> = 0, IfValue<B> = 0,
            class = std::enable_if_t<std::is_constructible_v<A, Key&> &&
                                     std::is_constructible_v<B, Value&>>>
  operator std::pair<A, B>() const {  // NOLINT(runtime/explicit)
    return std::pair<A, B>(key(), value());
  }

 private:
  friend struct EntryAccess;

  WeakItem(EntryRef entry, Held held, Inside* inside)
      : entry_(std::move(entry)), held_(std::move(held)), inside_(inside) {}

  template <bool kHeld>
  static auto& Part(const WeakItem& item) {
    if constexpr (kHeld) {
      return item.held_;
    } else {
      return *item.inside_;
    }
  }
  // The part in the entry belongs to the map, so it is copied.
  template <bool kHeld>
  auto Take() {
    if constexpr (kHeld) {
      return std::move(held_);
    } else {
      static_assert(std::is_copy_constructible_v<Inside>,
                    "this part of the item cannot be copied: keep the item "
                    "(const auto& [key, value] = *it; or auto item = *it;)");
      return std::remove_const_t<Inside>(*inside_);
    }
  }

  EntryRef entry_;
  Held held_;
  Inside* inside_;
};

// Part 0 is the key, part 1 the value. Both are const, because `auto [key,
// value]` has copies, and a change to a copy would be lost silently.
template <size_t kIndex, class K, class V, bool kHoldsKey>
const std::conditional_t<kIndex == 0, K, V>& get(
    const WeakItem<K, V, kHoldsKey>& item) {
  if constexpr (kIndex == 0) {
    return item.key();
  } else {
    return item.value();
  }
}
template <size_t kIndex, class K, class V, bool kHoldsKey>
auto get(WeakItem<K, V, kHoldsKey>&& item) {
  if constexpr (kIndex == 0) {
    return std::move(item).key();
  } else {
    return std::move(item).value();
  }
}

}  // namespace finalize_internal

template <class K, class V, bool kHoldsKey>
struct std::tuple_size<finalize_internal::WeakItem<K, V, kHoldsKey>>
    : std::integral_constant<size_t, 2> {};
template <class K, class V, bool kHoldsKey>
struct std::tuple_element<0, finalize_internal::WeakItem<K, V, kHoldsKey>> {
  using type = const K;
};
template <class K, class V, bool kHoldsKey>
struct std::tuple_element<1, finalize_internal::WeakItem<K, V, kHoldsKey>> {
  using type = const V;
};

#endif  // FINALIZE_INTERNAL_WEAK_WEAK_ITEM_H_
