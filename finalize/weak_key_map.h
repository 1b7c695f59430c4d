// WeakKeyMap: attaches values to objects that it does not keep alive.
//
//   finalize::WeakKeyMap<Cat, std::string> notes;
//   notes.insert_or_assign(tom, "likes fish");
//   if (auto note = notes.find(*tom)) std::puts(note->c_str());
//   tom.reset();  // the note is gone as well
//
// An entry is there while its key lives. A dead key is absent at once, for
// every call. Where MakeShared or Adopt made it (IsAttachable, shared.h) the
// entry is taken out before the key's destructor runs, and its value is
// destroyed after that, before the finalizers. For any other shared_ptr the
// entry, with its value, stays until it is dropped: each insertion looks at two
// entries, so that there are never many more dead ones than living; size(),
// EraseExpired() and clear() drop all. Iteration passes dead ones by, and a
// lookup drops at most one at the very address it looks for. size() counts only
// the living: at once where all keys are attachable, else it looks at each.
//
// Keys are objects, compared by identity unless a Hash and an Equal are named
// (weak_hash.h): a note is attached to this cat, not to every cat of that name,
// and a key that changes is found all the same. With an Equal by value a key
// must not change; inserting an equal one replaces the entry with its key, so
// that it does not vanish with the old object. A dead key equals nothing.
//
// A value that owns its own key, directly or not, keeps the entry for ever: a
// weak map cannot see through a value.
//
// find() returns the value held in place: it stays while it is pinned, even if
// its key dies or the entry is replaced; there is no operator[]. Two threads
// that use one value must agree on that themselves.
//
// Iteration, threads and fork are as with WeakValueMap (weak_value_map.h): in
// order of insertion, over what was there when it began; thread-safe, but for
// the destructor, move, assignment and swap; nothing of the user's runs under a
// lock. `*it` returns an Item, a value that holds the key, the entry and the
// attached value, as with WeakValueMap: the entry stays while an item lives.
// Bindings are const; item.value() returns the value for changes:
//
//   for (const auto& [cat, note] : notes) Print(*cat, note);
//   for (auto&& item : notes) item.value() += "!";
//
// `auto& [cat, note] : notes` does not compile, because it would bind
// references to a temporary.
//
// Not here: a hash, an order and a text of maps; keys that cannot be held
// weakly, which do not compile; `|` (say Update); equality with other kinds of
// maps; update from keyword arguments; a deep copy (a copy has copies of the
// values and the same keys); iterators over references (KeyRefs() gives all,
// and values are never weak); emplace, erase(iterator), erase_if, reserve; a
// default for extract.
#ifndef FINALIZE_WEAK_KEY_MAP_H_
#define FINALIZE_WEAK_KEY_MAP_H_

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

#include "finalize/internal/out_of_range.h"
#include "finalize/internal/shared_deleter.h"
#include "finalize/internal/weak_container.h"
#include "finalize/internal/weak_entry.h"
#include "finalize/internal/weak_item.h"
#include "finalize/internal/weak_keys.h"
#include "finalize/weak_hash.h"
#include "finalize/weak_ref.h"

namespace finalize {

// A value of a map, kept while this lives; or nothing.
template <class V>
class PinnedValue {
 public:
  PinnedValue() = default;
  PinnedValue(finalize_internal::EntryRef entry, V* value)
      : entry_(std::move(entry)), value_(value) {}

  explicit operator bool() const { return value_ != nullptr; }
  V& operator*() const { return *value_; }
  V* operator->() const { return value_; }
  V* get() const { return value_; }

 private:
  finalize_internal::EntryRef entry_;
  V* value_ = nullptr;
};

template <class K, class V, class Hash = IdentityHash,
          class Equal = IdentityEqual>
class WeakKeyMap {
  class OwningEntry;
  // Its value lies in it, or, if merge() made it, in the entry of another map.
  class Entry : public finalize_internal::KeyEntry<K> {
   public:
    using finalize_internal::KeyEntry<K>::KeyEntry;
    virtual OwningEntry* owner() = 0;
    V& value() {
      OwningEntry* const entry = owner();  // gcc 12 warns of it in one line
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
    BorrowingEntry(const std::shared_ptr<K>& key, Entry* from)
        : Entry(key), owner_(finalize_internal::EntryRef::To(from->owner())) {}
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
    static Item Of(Entry* entry, const std::shared_ptr<K>& key) {
      return {finalize_internal::EntryRef::To(entry), key, &entry->value()};
    }
  };

 public:
  using key_type = std::shared_ptr<K>;
  using mapped_type = V;
  using value_type = std::pair<std::shared_ptr<K>, V>;
  using hasher = Hash;
  using key_equal = Equal;
  using pointer = PinnedValue<V>;
  using const_pointer = PinnedValue<const V>;
  // An entry, held: item.key(), item.value().
  using Item = typename Access<V>::Item;
  using ConstItem = typename Access<const V>::Item;
  // Input iterators; `*it` is an Item, or a ConstItem.
  using iterator = finalize_internal::WeakIterator<Entry, Access<V>>;
  using const_iterator =
      finalize_internal::WeakIterator<Entry, Access<const V>>;

  WeakKeyMap() = default;
  explicit WeakKeyMap(Hash hash, Equal equal = Equal())
      : keys_(std::move(hash), std::move(equal)) {}
  WeakKeyMap(std::initializer_list<value_type> items) { Update(items); }
  template <class It>
  WeakKeyMap(It first, It last) {
    for (; first != last; ++first) {
      const auto& [key, value] = *first;
      insert_or_assign(key, value);
    }
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
  friend void swap(WeakKeyMap& a, WeakKeyMap& b) { std::swap(a, b); }

  // Looks for the value of an object: of this very one, or of an equal one
  // where Equal is by value (then of any type that a transparent Hash and Equal
  // take). An object that no shared_ptr owns is absent.
  template <class Q>
  pointer find(const Q& key) {
    return FindIn<V>(key);
  }
  template <class Q>
  const_pointer find(const Q& key) const {
    return FindIn<const V>(key);
  }
  // As find, but throws std::out_of_range.
  template <class Q>
  pointer at(const Q& key) {
    return Required(FindIn<V>(key));
  }
  template <class Q>
  const_pointer at(const Q& key) const {
    return Required(FindIn<const V>(key));
  }
  template <class Q>
  bool contains(const Q& key) const {
    return static_cast<bool>(find(key));
  }
  template <class Q>
  size_t count(const Q& key) const {
    return contains(key) ? 1 : 0;
  }

  // Inserts a value made of `arguments` if the key is absent, and neither null
  // nor a shared_ptr that owns nothing (it aliases an empty one).
  // Returns the value that is there then, and whether it was inserted.
  template <class... A>
  std::pair<pointer, bool> try_emplace(std::shared_ptr<K> key,
                                       A&&... arguments) {
    if (!finalize_internal::OwnsObject(key)) return {pointer(), false};
    if (pointer old = find(*key)) return {std::move(old), false};
    finalize_internal::FreshEntry<OwningEntry> fresh(
        key, std::forward<A>(arguments)...);
    Entry* there = fresh.get();
    finalize_internal::EntryRef pin = finalize_internal::EntryRef::To(there);
    finalize_internal::EntryRef old;
    const bool inserted = keys_.Insert(*key, &fresh, [&](Entry& entry) {
      old = finalize_internal::EntryRef::To(&entry);
      there = &entry;
      return true;
    });
    return {pointer(std::move(inserted ? pin : old), &there->value()),
            inserted};
  }
  std::pair<pointer, bool> insert(value_type item) {
    return try_emplace(item.first, std::move(item.second));
  }
  // Inserts, or replaces the entry, with its key and value. Returns whether the
  // key was absent. A null key, or one that owns nothing, is not inserted.
  template <class A>
  bool insert_or_assign(std::shared_ptr<K> key, A&& value) {
    if (!finalize_internal::OwnsObject(key)) return false;
    finalize_internal::FreshEntry<OwningEntry> fresh(key,
                                                     std::forward<A>(value));
    bool replaced = false;
    keys_.Insert(
        *key, &fresh, [](Entry&) { return false; }, &replaced);
    return !replaced;
  }
  // insert_or_assign for each item of a map or a range of pairs.
  template <class Items>
  void Update(const Items& items) {
    for (const auto& [key, value] : items) insert_or_assign(key, value);
  }
  // Moves what is absent here from `source`. The values stay where they are:
  // who has found one keeps it, and what throws leaves each in one of the maps,
  // or for that moment in both.
  void merge(WeakKeyMap& source) {
    if (this == &source) return;
    for (auto it = source.begin(); it != source.end(); ++it) {
      const std::shared_ptr<K> key = (*it).key();
      if (!contains(key)) TakeFrom(it.entry(), key);
    }
  }

  // Returns how many it erased.
  template <class Q>
  size_t erase(const Q& key) {
    return extract(key) ? 1 : 0;
  }
  // Takes an entry out and returns its value; nothing where there is none.
  template <class Q>
  pointer extract(const Q& key) {
    finalize_internal::EntryRef pin;
    V* value = nullptr;
    keys_.Look(key, [&](auto& section, Entry& entry) {
      pin = finalize_internal::EntryRef::To(&entry);
      value = &entry.value();
      section.Remove(&entry);
    });
    return pointer(std::move(pin), value);
  }
  // The same for the newest entry, with its key.
  std::pair<std::shared_ptr<K>, pointer> ExtractNewest() {
    while (finalize_internal::EntryRef newest =
               keys_.entries().ExtractNewest()) {
      auto* const entry = static_cast<Entry*>(newest.get());
      std::shared_ptr<K> key = entry->referent.lock();
      if (key == nullptr) continue;
      return {std::move(key), pointer(std::move(newest), &entry->value())};
    }
    return {};
  }
  void clear() { keys_.entries().clear(); }
  // Drops the entries whose key is dead. Returns how many.
  size_t EraseExpired() { return keys_.entries().EraseExpired(); }

  size_t size() const { return keys_.entries().size(); }
  bool empty() const { return begin() == end(); }
  iterator begin() { return iterator(keys_.entries().table()); }
  iterator end() { return iterator(); }
  const_iterator begin() const {
    return const_iterator(keys_.entries().table());
  }
  const_iterator end() const { return const_iterator(); }

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

  // The same keys with equal values.
  friend bool operator==(const WeakKeyMap& a, const WeakKeyMap& b) {
    size_t items = 0;
    for (const auto& [key, value] : a) {
      const const_pointer other = b.find(*key);
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
  // Moves an entry of another map here, unless there is one or it leaves that
  // map meanwhile.
  void TakeFrom(Entry* from, const std::shared_ptr<K>& key) {
    finalize_internal::FreshEntry<BorrowingEntry> fresh(key, from);
    const auto made = finalize_internal::EntryRef::To(fresh.get());
    const auto keep = [](Entry&) { return true; };
    if (!keys_.Insert(*key, &fresh, keep)) return;
    if (!from->Erase()) made->Erase();
  }

  template <class Value, class Q>
  PinnedValue<Value> FindIn(const Q& key) const {
    finalize_internal::EntryRef pin;
    Value* value = nullptr;
    keys_.Look(key, [&](auto&, Entry& entry) {
      pin = finalize_internal::EntryRef::To(&entry);
      value = &entry.value();
    });
    return PinnedValue<Value>(std::move(pin), value);
  }

  template <class Pointer>
  static Pointer Required(Pointer value) {
    if (!value) finalize_internal::ThrowOutOfRange("WeakKeyMap::at");
    return value;
  }

  finalize_internal::WeakKeys<K, Entry, Hash, Equal> keys_;
};

}  // namespace finalize

#endif  // FINALIZE_WEAK_KEY_MAP_H_
