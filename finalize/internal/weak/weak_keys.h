// SPDX-License-Identifier: Apache-2.0

// WeakKeys finds entries by their keys, for WeakKeyMap and WeakSet, whose keys
// are weak.
#ifndef FINALIZE_INTERNAL_WEAK_WEAK_KEYS_H_
#define FINALIZE_INTERNAL_WEAK_WEAK_KEYS_H_

#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include "finalize/internal/weak/weak_container.h"

namespace finalize_internal {

// An entry whose weak side is its key.
template <class K>
class KeyEntry : public EntryOf<K> {
 public:
  explicit KeyEntry(const std::shared_ptr<K>& key)
      : EntryOf<K>(key), address(key.get()) {}
  const K* const address;
};

// Returns the object that a caller looks for: the argument itself, or the
// object to which a shared_ptr points; null if that is null.
template <class K, class Q>
auto* ObjectOf(const Q& key) {
  if constexpr (std::is_convertible_v<const Q&,
                                      std::shared_ptr<const volatile K>>) {
    return static_cast<const K*>(key.get());
  } else if constexpr (std::is_convertible_v<const Q*, const K*>) {
    return static_cast<const K*>(std::addressof(key));
  } else {
    return std::addressof(key);  // of another type, for transparent lookups
  }
}

// Entry derives from KeyEntry<K>.
template <class K, class Entry, class Hash, class Equal>
class WeakKeys {
 public:
  static constexpr bool kByIdentity =
      std::is_same_v<Equal, finalize::IdentityEqual>;
  // Any other Equal reads the key, which has to be pinned for that. The thread
  // that drops a pin may be the last owner, so it must not hold the lock.
  static constexpr bool kTrusted = kByIdentity;

  WeakKeys() = default;
  WeakKeys(Hash hash, Equal equal)
      : hash_(std::move(hash)), equal_(std::move(equal)) {}

  WeakContainer& entries() { return entries_; }
  const WeakContainer& entries() const { return entries_; }
  const Hash& hash() const { return hash_; }
  const Equal& equal() const { return equal_; }

  // As WeakContainer::WithEntry. `visit` gets an entry whose key is alive, and
  // is called under the lock.
  template <class Q, class Visit>
  void WithEntry(const Q& key, const Visit& visit) const {
    // A hash or equality of user code might reset this very pointer.
    const PinFor<Q> pin(key);
    const auto* const sought = ObjectOf<K>(pin);
    if (sought == nullptr) return;
    entries_.template WithEntry<Entry, kTrusted>(
        MixHash(hash_(*sought)), Same(*sought),
        [&](auto& section, Entry& entry) {
          if (entry.Expired()) {
            section.Remove(&entry);
          } else {
            visit(section, entry);
          }
        });
  }

  // As WeakContainer::Insert; `keep` gets an entry whose key is alive.
  template <class Fresh, class Keep>
  WeakContainer::Insertion Insert(const K& key, Fresh* fresh,
                                  const Keep& keep) {
    return entries_.template Insert<Entry, kTrusted>(
        fresh, MixHash(hash_(key)), Same(key),
        [&](Entry& entry) { return !entry.Expired() && keep(entry); });
  }

 private:
  static constexpr bool kRunsUsersCode =
      !kByIdentity || !std::is_same_v<Hash, finalize::IdentityHash>;
  // A copy of a shared_ptr, or else the key itself.
  template <class Q>
  using PinFor = std::conditional_t<
      kRunsUsersCode &&
          std::is_convertible_v<const Q&, std::shared_ptr<const volatile K>>,
      Q, const Q&>;

  template <class Q>
  auto Same(const Q& key) const {
    if constexpr (kByIdentity) {
      static_assert(std::is_same_v<Q, std::remove_cv_t<K>>,
                    "by identity a key is a K");
      return [&key](const Entry& entry) {
        return entry.address == std::addressof(key);
      };
    } else {
      return [&key, this](const Entry& entry) {
        const std::shared_ptr<K> own = entry.referent.lock();
        return own != nullptr && equal_(*own, key);
      };
    }
  }

  Hash hash_;
  Equal equal_;
  WeakContainer entries_;  // destroyed first: destructors may still look
};

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_WEAK_WEAK_KEYS_H_
