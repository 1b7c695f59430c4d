// SPDX-License-Identifier: Apache-2.0

// WeakKeyMap: attaches values to objects without keeping the objects alive. An
// entry exists only while its key, the object, is alive.
//
//   finalize::WeakKeyMap<Cat, std::string> notes;
//   notes.insert_or_assign(tom, "likes fish");
//   if (finalize::PinnedValue<std::string> note = notes.Get(tom)) {
//     std::puts(note->c_str());
//   }
//   tom.reset();  // the note is destroyed as well
//
// Keys are objects. They are compared by identity unless a Hash and an Equal
// are given (weak_hash.h): a note is found even after the cat has changed. With
// an Equal by value a key must not change while it is in the map; inserting an
// equal key replaces the entry with its key. A dead key equals nothing.
//
// Dead keys: when the last shared_ptr to a key is destroyed, the key is absent
//   at once. Its entry is removed and its value destroyed at once too if
//   MakeShared or Adopt (shared.h) made the key; otherwise by a later call. A
//   value that owns its own key, directly or not, keeps the entry permanently.
// Access: Get returns the value in place, as a PinnedValue. It exists as long
//   as it is pinned, even if its key dies or the entry is erased or replaced.
//   Iterators and items pin it as well, and keep the key alive.
// Order: iteration is in the order of insertion. It visits the entries that
//   existed when it began and are alive when it reaches them. Entries may be
//   inserted, be erased and die meanwhile.
//
//   for (auto&& item : notes) item.value() += "!";
//
// Threads: any; threads that use the same value must synchronize themselves.
//   User code (destructors, hash, equality) is never called under a lock, so it
//   may use the map. Calls that visit many entries (==, copies, merge, insert
//   of a range, Update, erase_if) are not atomic.
// Failure: as in a standard container. Without memory an insertion throws
//   std::bad_alloc and changes nothing; what Hash, Equal and constructors of
//   values throw reaches the caller. No call throws because a key is absent.
// Lifetime: iterators must not outlive the map; pinned values and items may.
// Fork: a child has a working copy of the map (after raw clone() only if no
//   other thread was changing the map).
//
// Not covered: operator[] and at, because they return references (call Get);
// GetOrCreate; hash, order and text of a map, because it changes by itself.
// docs/weak_references.md says what else std::unordered_map and Python's
// WeakKeyDictionary have, and when exactly an entry is removed.
//
// Thread-safe, except: the destructor, move, assignment and swap.
#ifndef FINALIZE_WEAK_KEY_MAP_H_
#define FINALIZE_WEAK_KEY_MAP_H_

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "finalize/internal/weak/shared_deleter.h"
#include "finalize/internal/weak/weak_container.h"
#include "finalize/internal/weak/weak_cursor.h"
#include "finalize/internal/weak/weak_entry.h"
#include "finalize/internal/weak/weak_item.h"
#include "finalize/internal/weak/weak_keys.h"
#include "finalize/weak_hash.h"
#include "finalize/weak_ref.h"

namespace finalize {

// A pointer to a value of a WeakKeyMap, which exists at least as long as this;
// or null. Thread-compatible (const calls may run concurrently).
template <class V>
class PinnedValue {
 public:
  PinnedValue() = default;

  explicit operator bool() const { return value_ != nullptr; }
  V& operator*() const { return *value_; }
  V* operator->() const { return value_; }
  V* get() const { return value_; }

 private:
  friend struct finalize_internal::EntryAccess;

  PinnedValue(finalize_internal::EntryRef entry, V* value)
      : entry_(std::move(entry)), value_(value) {}

  finalize_internal::EntryRef entry_;
  V* value_ = nullptr;
};

template <class K, class V, class Hash = IdentityHash,
          class Equal = IdentityEqual>
class WeakKeyMap {
  using EntryAccess = finalize_internal::EntryAccess;
  using WeakCursor = finalize_internal::WeakCursor;

  class OwningEntry;
  // Contains its value; if merge() made it, refers to the value in the entry of
  // another map.
  class Entry : public finalize_internal::KeyEntry<K> {
   public:
    using finalize_internal::KeyEntry<K>::KeyEntry;
    virtual OwningEntry* owner() = 0;
    V& value() {
      OwningEntry* const entry = owner();  // in one line gcc 12 warns
      return entry->held;
    }
  };
  class OwningEntry : public Entry {
   public:
    template <class... A>
    explicit OwningEntry(const std::shared_ptr<K>& key, A&&... arguments)
        : Entry(key), held(std::forward<A>(arguments)...) {}
    OwningEntry* owner() override { return this; }
    V held;
  };
  class BorrowingEntry : public Entry {
   public:
    BorrowingEntry(const std::shared_ptr<K>& key, Entry* source)
        : Entry(key),
          owner_(finalize_internal::EntryRef::To(source->owner())) {}
    OwningEntry* owner() override {
      return static_cast<OwningEntry*>(owner_.get());
    }

   private:
    const finalize_internal::EntryRef owner_;
  };
  template <class Value>
  struct Access {
    using Item = finalize_internal::WeakItem<const std::shared_ptr<K>, Value,
                                             /*kHoldsKey=*/true>;
    // An iterator converts to a const_iterator.
    using Other = std::conditional_t<std::is_const_v<Value>,
                                     Access<std::remove_const_t<Value>>, void>;
    static Item Of(Entry* entry, const std::shared_ptr<K>& key) {
      return EntryAccess::Make<Item>(finalize_internal::EntryRef::To(entry),
                                     key, &entry->value());
    }
  };

 public:
  using key_type = std::shared_ptr<K>;
  using mapped_type = V;
  using value_type = std::pair<std::shared_ptr<K>, V>;
  using hasher = Hash;
  using key_equal = Equal;
  using size_type = size_t;
  // An entry, kept alive: item.key(), item.value().
  using Item = typename Access<V>::Item;
  using ConstItem = typename Access<const V>::Item;
  // Input iterators; `*it` is an Item, or a ConstItem.
  using iterator = finalize_internal::WeakIterator<Entry, Access<V>>;
  using const_iterator =
      finalize_internal::WeakIterator<Entry, Access<const V>>;

  WeakKeyMap() = default;
  explicit WeakKeyMap(Hash hash, Equal equal = Equal())
      : keys_(std::move(hash), std::move(equal)) {}
  WeakKeyMap(std::initializer_list<value_type> items) { insert(items); }
  template <class It, finalize_internal::IfIterator<It> = 0>
  WeakKeyMap(It first, It last) {
    insert(first, last);
  }
  // Copies the living entries; both maps refer to the same keys.
  WeakKeyMap(const WeakKeyMap& other)
      : keys_(other.keys_.hash(), other.keys_.equal()) {
    Update(other);
  }
  WeakKeyMap(WeakKeyMap&&) = default;
  WeakKeyMap& operator=(const WeakKeyMap& other) {
    return *this = WeakKeyMap(other);
  }
  WeakKeyMap& operator=(WeakKeyMap&&) = default;
  void swap(WeakKeyMap& other) { std::swap(*this, other); }
  friend void swap(WeakKeyMap& a, WeakKeyMap& b) { std::swap(a, b); }

  // A lookup takes the object, or a shared_ptr to it. With an Equal by value it
  // also finds an equal object, of any type that a transparent Hash and Equal
  // take. An object that no shared_ptr owns is absent.
  //
  // Returns the value of the key, or null if there is none.
  template <class Q>
  PinnedValue<V> Get(const Q& key) {
    return ValueOf<V>(key);
  }
  template <class Q>
  PinnedValue<const V> Get(const Q& key) const {
    return ValueOf<const V>(key);
  }
  template <class Q>
  iterator find(const Q& key) {
    return Find<iterator>(key);
  }
  template <class Q>
  const_iterator find(const Q& key) const {
    return Find<const_iterator>(key);
  }
  template <class Q>
  bool contains(const Q& key) const {
    bool lives = false;
    keys_.WithEntry(key, [&lives](auto&, Entry&) { lives = true; });
    return lives;
  }
  template <class Q>
  size_t count(const Q& key) const {
    return contains(key) ? 1 : 0;
  }

  // Insertions return an iterator at the entry of the key, and whether they
  // inserted. A null key, and one that owns nothing (it aliases an empty
  // shared_ptr), is not inserted: they return end() and false.
  //
  // Inserts V(arguments...) if the key is absent.
  template <class... A>
  std::pair<iterator, bool> try_emplace(std::shared_ptr<K> key,
                                        A&&... arguments) {
    if (!finalize_internal::OwnsObject(key)) return {end(), false};
    iterator old = find(*key);
    if (old != end()) return {std::move(old), false};
    finalize_internal::FreshEntry<OwningEntry> fresh(
        key, std::forward<A>(arguments)...);
    std::shared_ptr<K> there;
    auto done = keys_.Insert(*key, &fresh, [&there](Entry& entry) {
      there = entry.referent.lock();
      return there != nullptr;
    });
    return {At<iterator>(std::move(done.at),
                         std::move(done.inserted ? key : there)),
            done.inserted};
  }
  std::pair<iterator, bool> insert(value_type item) {
    return try_emplace(std::move(item.first), std::move(item.second));
  }
  template <class... A>
  std::pair<iterator, bool> emplace(A&&... arguments) {
    return insert(value_type(std::forward<A>(arguments)...));
  }
  // Inserts each pair whose key is absent.
  template <class It, finalize_internal::IfIterator<It> = 0>
  void insert(It first, It last) {
    for (; first != last; ++first) {
      const auto& [key, value] = *first;
      try_emplace(key, value);
    }
  }
  void insert(std::initializer_list<value_type> items) {
    insert(items.begin(), items.end());
  }
  // Inserts, or replaces the entry, with its key and value.
  template <class A>
  std::pair<iterator, bool> insert_or_assign(std::shared_ptr<K> key,
                                             A&& value) {
    if (!finalize_internal::OwnsObject(key)) return {end(), false};
    finalize_internal::FreshEntry<OwningEntry> fresh(key,
                                                     std::forward<A>(value));
    auto done = keys_.Insert(*key, &fresh, [](Entry&) { return false; });
    return {At<iterator>(std::move(done.at), std::move(key)), !done.replaced};
  }
  // insert_or_assign for each item of a map or a range of pairs.
  template <class Items>
  void Update(const Items& items) {
    for (const auto& [key, value] : items) insert_or_assign(key, value);
  }
  void Update(std::initializer_list<value_type> items) {
    for (const auto& [key, value] : items) insert_or_assign(key, value);
  }
  // Moves the entries whose key is absent here from `source`. The values are
  // not moved in memory, so pinned ones stay the same. After an exception each
  // entry is in one of the maps; during the call it may be in both.
  void merge(WeakKeyMap& source) {
    if (this == &source) return;
    for (auto it = source.begin(); it != source.end(); ++it) {
      const std::shared_ptr<K> key = (*it).key();
      if (!contains(key)) TakeFrom(EntryAccess::EntryAt(it), key);
    }
  }
  void merge(WeakKeyMap&& source) { merge(source); }

  // Returns how many entries it erased: 0 or 1.
  template <class Q>
  size_t erase(const Q& key) {
    return Extract(key) ? 1 : 0;
  }
  // Erases this very entry, if it is still in the map, and not one that has
  // replaced it. Returns the next position.
  iterator erase(iterator position) {
    iterator next = position;
    ++next;
    EntryAccess::EntryAt(position)->Erase();
    return next;
  }
  const_iterator erase(const_iterator position) {
    const_iterator next = position;
    ++next;
    EntryAccess::EntryAt(position)->Erase();
    return next;
  }
  // Erases the entries for which predicate(item) returns true. Returns how
  // many.
  template <class Predicate>
  friend size_t erase_if(WeakKeyMap& map, Predicate predicate) {
    size_t erased = 0;
    for (iterator it = map.begin(); it != map.end(); ++it) {
      const Item item = *it;
      if (predicate(item) && EntryAccess::EntryAt(it)->Erase()) ++erased;
    }
    return erased;
  }
  // Removes an entry and returns its value; null if the key is absent.
  template <class Q>
  PinnedValue<V> Extract(const Q& key) {
    finalize_internal::EntryRef pin;
    V* value = nullptr;
    keys_.WithEntry(key, [&](auto& section, Entry& entry) {
      pin = finalize_internal::EntryRef::To(&entry);
      value = &entry.value();
      section.Remove(&entry);
    });
    return Pinned<V>(std::move(pin), value);
  }
  // The same for the newest entry, with its key; nulls if the map is empty.
  std::pair<std::shared_ptr<K>, PinnedValue<V>> ExtractNewest() {
    while (finalize_internal::EntryRef newest =
               keys_.entries().ExtractNewest()) {
      auto* const entry = static_cast<Entry*>(newest.get());
      std::shared_ptr<K> key = entry->referent.lock();
      if (key == nullptr) continue;
      return {std::move(key), Pinned<V>(std::move(newest), &entry->value())};
    }
    return {};
  }
  void clear() { keys_.entries().clear(); }
  // Removes the entries whose key is dead. Returns how many.
  size_t EraseExpired() { return keys_.entries().EraseExpired(); }

  // Counts only living keys.
  size_t size() const { return keys_.entries().size(); }
  bool empty() const { return begin() == end(); }
  iterator begin() {
    return EntryAccess::Make<iterator>(keys_.entries().table());
  }
  iterator end() { return iterator(); }
  const_iterator begin() const {
    return EntryAccess::Make<const_iterator>(keys_.entries().table());
  }
  const_iterator end() const { return const_iterator(); }
  const_iterator cbegin() const { return begin(); }
  const_iterator cend() const { return end(); }

  std::vector<std::shared_ptr<K>> Keys() const {
    std::vector<std::shared_ptr<K>> keys;
    for (const auto& item : *this) keys.push_back(item.key());
    return keys;
  }
  std::vector<WeakRef<K>> KeyRefs() const {
    std::vector<WeakRef<K>> refs;
    for (const auto& item : *this) refs.push_back(item.key());
    return refs;
  }

  // Whether both have the same keys with equal values.
  friend bool operator==(const WeakKeyMap& a, const WeakKeyMap& b) {
    size_t items = 0;
    for (const auto& [key, value] : a) {
      const PinnedValue<const V> other = b.Get(*key);
      if (!other || !(*other == value)) return false;
      ++items;
    }
    return items == b.size();
  }
  friend bool operator!=(const WeakKeyMap& a, const WeakKeyMap& b) {
    return !(a == b);
  }

  hasher hash_function() const { return keys_.hash(); }
  key_equal key_eq() const { return keys_.equal(); }

 private:
  // Moves an entry of another map here, unless the key is there or the entry is
  // removed from that map meanwhile.
  void TakeFrom(Entry* from, const std::shared_ptr<K>& key) {
    finalize_internal::FreshEntry<BorrowingEntry> fresh(key, from);
    const auto made = finalize_internal::EntryRef::To(fresh.get());
    const auto keep = [](Entry&) { return true; };
    if (!keys_.Insert(*key, &fresh, keep).inserted) return;
    if (!from->Erase()) made->Erase();
  }

  template <class Value>
  static PinnedValue<Value> Pinned(finalize_internal::EntryRef entry,
                                   Value* value) {
    return EntryAccess::Make<PinnedValue<Value>>(std::move(entry), value);
  }
  template <class Value, class Q>
  PinnedValue<Value> ValueOf(const Q& key) const {
    finalize_internal::EntryRef pin;
    Value* value = nullptr;
    keys_.WithEntry(key, [&](auto&, Entry& entry) {
      pin = finalize_internal::EntryRef::To(&entry);
      value = &entry.value();
    });
    return Pinned<Value>(std::move(pin), value);
  }

  template <class Iterator>
  static Iterator At(WeakCursor cursor, std::shared_ptr<K> key) {
    return EntryAccess::Make<Iterator>(std::move(cursor), std::move(key));
  }
  template <class Iterator, class Q>
  Iterator Find(const Q& key) const {
    Iterator found;
    keys_.WithEntry(key, [&](auto& section, Entry& entry) {
      std::shared_ptr<K> own = entry.referent.lock();
      if (own == nullptr) return;  // it has died since WithEntry looked
      found =
          At<Iterator>(WeakCursor::At(section.table(),
                                      finalize_internal::EntryRef::To(&entry)),
                       std::move(own));
    });
    return found;
  }

  finalize_internal::WeakKeys<K, Entry, Hash, Equal> keys_;
};

}  // namespace finalize

#endif  // FINALIZE_WEAK_KEY_MAP_H_
