// WeakValueMap: a map whose values it does not keep alive.
//
//   finalize::WeakValueMap<std::string, Image> images;
//   std::shared_ptr<Image> image = images.find("cat.png");
//   if (image == nullptr) {
//     image = images.try_emplace("cat.png", Load("cat.png")).first;
//   }
//   // When nobody holds the image any more its entry is gone.
//
// An entry is there while its value lives. A dead value is absent at once, for
// every call. Where MakeShared or Adopt made it (IsAttachable, shared.h) the
// entry, with its key, is taken out before the value's destructor runs, and
// destroyed after it. For any other shared_ptr the entry, with its key, stays
// until it is dropped: each insertion looks at two entries, so that there are
// never many more dead ones than living; find, at, erase and extract drop that
// of their key; size(), EraseExpired() and clear() drop all. contains, count
// and iteration leave them. size() counts only the living: at once where all
// values are attachable, else it looks at each. The late death of a value never
// takes out its successor under the same key.
//
// What finds a value returns it held alive; there is no operator[] and no
// reference into the map. A null value is like one that is dead already, and so
// is a shared_ptr that owns nothing (it aliases an empty one).
//
// Iteration is in order of insertion and goes over what was there when it began
// and still lives when it is reached; others may be inserted, erased, and die
// meanwhile. An iterator keeps the key and the value at which it stands. It
// must not outlive the map.
//
//   for (const auto& [name, image] : images) Show(name, *image);
//   auto item = *images.begin();   // item.key(), item.value()
//
// `*it` returns an Item: a value that holds the entry and the object that it
// refers to weakly. While an item lives, its object does not die, so its entry
// stays in the map unless it is erased or replaced; the item keeps its key and
// value even then, and after the end of the map. key() and value() of an item
// with a name return references into it; of a temporary they return copies.
// Iterators are input iterators without `->`, and an item has no members
// `first` and `second`.
//
// Bindings (`auto [key, value]`) are const. `auto& [key, value] : map` does not
// compile, because it would bind references to a temporary: write `const auto&`
// or `auto&&`. An item converts to a pair of values, so std::map and
// std::vector can be made from a map's begin() and end().
//
// Memory: each entry is a block of its own, which goes with it; the table of
// buckets grows without moving entries, and goes with the map.
//
// Thread-safe, but for the destructor, move, assignment and swap. Calls that go
// over many entries (==, copies, merge, Update) are not atomic. Deaths are safe
// at any time, on any thread. Nothing of the user's runs under a lock: no
// destructor, no hash, no equality; these may use the map.
//
// After fork() the child has a copy that works (with raw clone() only if no
// other thread was changing it).
//
// Not here: a hash, an order and a text of maps (they change by themselves);
// equality with other kinds of maps; update from keyword arguments; `|` (say
// Update); a deep copy (a copy has keys of its own and the same values).
#ifndef FINALIZE_WEAK_VALUE_MAP_H_
#define FINALIZE_WEAK_VALUE_MAP_H_

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "finalize/internal/out_of_range.h"
#include "finalize/internal/shared_deleter.h"
#include "finalize/internal/weak_container.h"
#include "finalize/internal/weak_entry.h"
#include "finalize/internal/weak_item.h"
#include "finalize/weak_hash.h"
#include "finalize/weak_ref.h"

namespace finalize {

template <class K, class V, class Hash = KeyHash<K>, class Equal = KeyEqual<K>>
class WeakValueMap {
  using KeyArg = finalize_internal::KeyArg<Hash, Equal>;
  template <class Q>
  using key_arg = typename KeyArg::template Type<Q, K>;

  class Entry : public finalize_internal::EntryOf<V> {
   public:
    template <class Q>
    Entry(const std::shared_ptr<V>& value, Q&& key_in)
        : finalize_internal::EntryOf<V>(value), key(std::forward<Q>(key_in)) {}
    const K key;
  };
  struct Access {
    using Item = finalize_internal::WeakItem<const K, const std::shared_ptr<V>,
                                             /*kHoldsKey=*/false>;
    static Item Of(Entry* entry, const std::shared_ptr<V>& value) {
      return {finalize_internal::EntryRef::To(entry), value, &entry->key};
    }
  };

 public:
  using key_type = K;
  using mapped_type = std::shared_ptr<V>;
  using value_type = std::pair<K, std::shared_ptr<V>>;
  using hasher = Hash;
  using key_equal = Equal;
  // An entry, held: item.key(), item.value().
  using Item = typename Access::Item;
  // Input iterators; `*it` is an Item.
  using iterator = finalize_internal::WeakIterator<Entry, Access>;
  using const_iterator = iterator;

  WeakValueMap() = default;
  explicit WeakValueMap(Hash hash, Equal equal = Equal())
      : hash_(std::move(hash)), equal_(std::move(equal)) {}
  WeakValueMap(std::initializer_list<value_type> items) { Update(items); }
  template <class It>
  WeakValueMap(It first, It last) {
    for (; first != last; ++first) {
      const auto& [key, value] = *first;
      insert_or_assign(key, value);
    }
  }
  // Copies the living entries.
  WeakValueMap(const WeakValueMap& other)
      : hash_(other.hash_), equal_(other.equal_) {
    Update(other);
  }
  WeakValueMap(WeakValueMap&&) = default;
  WeakValueMap& operator=(const WeakValueMap& other) {
    return *this = WeakValueMap(other);
  }
  WeakValueMap& operator=(WeakValueMap&&) = default;
  friend void swap(WeakValueMap& a, WeakValueMap& b) { std::swap(a, b); }

  // Returns the value, or null.
  template <class Q = K>
  std::shared_ptr<V> find(const key_arg<Q>& key) const {
    std::shared_ptr<V> value;
    Look(key, [&value](auto& section, Entry& entry) {
      value = entry.referent.lock();
      if (value == nullptr) section.Remove(&entry);
    });
    return value;
  }
  // As find, but throws std::out_of_range.
  template <class Q = K>
  std::shared_ptr<V> at(const key_arg<Q>& key) const {
    std::shared_ptr<V> value = find<Q>(key);
    if (value == nullptr)
      finalize_internal::ThrowOutOfRange("WeakValueMap::at");
    return value;
  }
  template <class Q = K>
  bool contains(const key_arg<Q>& key) const {
    bool lives = false;
    Look(key, [&lives](auto&, Entry& entry) { lives = !entry.Expired(); });
    return lives;
  }
  template <class Q = K>
  size_t count(const key_arg<Q>& key) const {
    return contains<Q>(key) ? 1 : 0;
  }

  // Inserts if the key is absent. Returns the value that is there then, and
  // whether it was inserted.
  std::pair<std::shared_ptr<V>, bool> try_emplace(K key,
                                                  std::shared_ptr<V> value) {
    std::shared_ptr<V> old = find(key);
    if (old != nullptr || !finalize_internal::OwnsObject(value)) {
      return {std::move(old), false};
    }
    const bool inserted = Insert(std::move(key), value, [&old](Entry& entry) {
      old = entry.referent.lock();
      return old != nullptr;
    });
    return {inserted ? std::move(value) : std::move(old), inserted};
  }
  std::pair<std::shared_ptr<V>, bool> insert(value_type item) {
    return try_emplace(std::move(item.first), std::move(item.second));
  }
  // Inserts or replaces. Returns whether the key was absent.
  bool insert_or_assign(K key, std::shared_ptr<V> value) {
    if (!finalize_internal::OwnsObject(value)) return erase(key) == 0;
    bool replaced = false;
    Insert(
        std::move(key), value, [](Entry&) { return false; }, &replaced);
    return !replaced;
  }
  // insert_or_assign for each item of a map or a range of pairs.
  template <class Items>
  void Update(const Items& items) {
    for (const auto& [key, value] : items) insert_or_assign(key, value);
  }
  // Moves what is absent here from `source`.
  void merge(WeakValueMap& source) {
    if (this == &source) return;
    for (auto it = source.begin(); it != source.end(); ++it) {
      const auto& [key, value] = *it;
      if (try_emplace(key, value).second) it.entry()->Erase();
    }
  }

  // Returns how many it erased.
  template <class Q = K>
  size_t erase(const key_arg<Q>& key) {
    return extract<Q>(key) != nullptr ? 1 : 0;
  }
  // Takes a value out and returns it; null where there is none.
  template <class Q = K>
  std::shared_ptr<V> extract(const key_arg<Q>& key) {
    std::shared_ptr<V> value;
    Look(key, [&value](auto& section, Entry& entry) {
      value = entry.referent.lock();
      section.Remove(&entry);
    });
    return value;
  }
  // The same for the newest entry.
  std::optional<value_type> ExtractNewest() {
    while (finalize_internal::EntryRef newest = entries_.ExtractNewest()) {
      auto* const entry = static_cast<Entry*>(newest.get());
      std::shared_ptr<V> value = entry->referent.lock();
      if (value != nullptr) return value_type(entry->key, std::move(value));
    }
    return std::nullopt;
  }
  void clear() { entries_.clear(); }
  // Drops the entries whose value is dead. Returns how many.
  size_t EraseExpired() { return entries_.EraseExpired(); }

  size_t size() const { return entries_.size(); }
  bool empty() const { return begin() == end(); }
  iterator begin() const { return iterator(entries_.table()); }
  iterator end() const { return iterator(); }

  std::vector<K> Keys() const {
    std::vector<K> keys;
    for (const auto& item : *this) keys.push_back(item.key());
    return keys;
  }
  std::vector<std::shared_ptr<V>> Values() const {
    std::vector<std::shared_ptr<V>> values;
    for (const auto& item : *this) values.push_back(item.value());
    return values;
  }
  std::vector<WeakRef<V>> ValueRefs() const {
    std::vector<WeakRef<V>> refs;
    for (const auto& item : *this) refs.push_back(item.value());
    return refs;
  }

  // The same keys with the same values, by identity.
  friend bool operator==(const WeakValueMap& a, const WeakValueMap& b) {
    size_t items = 0;
    for (const auto& [key, value] : a) {
      if (b.find(key) != value) return false;
      ++items;
    }
    return items == b.size();
  }
  friend bool operator!=(const WeakValueMap& a, const WeakValueMap& b) {
    return !(a == b);
  }

  hasher hash_function() const { return hash_; }
  key_equal key_eq() const { return equal_; }

 private:
  static constexpr bool kTrusted = finalize_internal::kIsTrusted<Equal>;

  template <class Q, class Visit>
  void Look(const Q& key, const Visit& visit) const {
    const auto& sought = finalize_internal::Sought<Equal>(key);
    const uint64_t hash = hash_(finalize_internal::Sought<Hash>(key));
    entries_.template Look<Entry, kTrusted>(
        finalize_internal::MixHash(hash),
        [&](const Entry& entry) { return equal_(entry.key, sought); }, visit);
  }

  template <class Keep>
  bool Insert(K&& key, const std::shared_ptr<V>& value, const Keep& keep,
              bool* replaced = nullptr) {
    finalize_internal::FreshEntry<Entry> fresh(value, std::move(key));
    const K& sought = fresh.get()->key;
    return entries_.template Insert<Entry, kTrusted>(
        &fresh, finalize_internal::MixHash(hash_(sought)),
        [&](const Entry& entry) { return equal_(entry.key, sought); }, keep,
        replaced);
  }

  Hash hash_;
  Equal equal_;
  finalize_internal::WeakContainer entries_;  // goes first: it may call these
};

}  // namespace finalize

#endif  // FINALIZE_WEAK_VALUE_MAP_H_
