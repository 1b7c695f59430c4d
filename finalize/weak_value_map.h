// SPDX-License-Identifier: Apache-2.0

// WeakValueMap: a map that does not keep its values alive. An entry exists only
// while another owner keeps its value alive.
//
//   // A cache. Never destroyed: other threads may use it until the end.
//   auto& images = *new finalize::WeakValueMap<std::string, Image>;
//
//   std::shared_ptr<Image> Open(const std::string& file) {
//     return images.GetOrCreate(
//         file, [&] { return finalize::MakeShared<Image>(file); });
//   }
//
//   images.Get("cat.png");  // the image, or null if it is not in use
//
// Dead values: when the last shared_ptr to a value is destroyed, the value is
//   absent at once. Its entry is removed at once too if MakeShared or Adopt
//   (shared.h) made the value; otherwise by a later call. A null pointer counts
//   as a dead value and is not inserted.
// Access: a call that returns a value returns a shared_ptr, or an iterator or
//   item that contains one. While that exists the value stays alive, and its
//   entry stays in the map unless it is erased or replaced. There are no
//   references into the map.
// Order: iteration is in the order of insertion. It visits the entries that
//   existed when it began and are alive when it reaches them. Entries may be
//   inserted, be erased and die meanwhile.
//
//   for (const auto& [name, image] : images) Show(name, *image);
//
// Threads: any. User code (destructors, hash, equality, factories) is never
//   called under a lock, so it may use the map. Calls that visit many entries
//   (==, copies, merge, insert of a range, Update, erase_if) are not atomic.
// Failure: as in a standard container. Without memory an insertion throws
//   std::bad_alloc and changes nothing; what Hash, Equal and the copy of a key
//   throw reaches the caller. No call throws because a key is absent.
// Lifetime: iterators must not outlive the map; values and items may. Each
//   entry is a separate block of memory, freed when it is removed; the buckets
//   are freed with the map.
// Fork: a child has a working copy of the map (after raw clone() only if no
//   other thread was changing the map).
//
// Not covered: operator[] and at, because they return references (call Get);
// hash, order and text of a map, because it changes by itself.
// docs/weak_references.md says what else std::unordered_map and Python's
// WeakValueDictionary have, and when exactly an entry is removed.
//
// Thread-safe, except: the destructor, move, assignment and swap.
#ifndef FINALIZE_WEAK_VALUE_MAP_H_
#define FINALIZE_WEAK_VALUE_MAP_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "finalize/internal/weak/creation.h"
#include "finalize/internal/weak/shared_deleter.h"
#include "finalize/internal/weak/weak_container.h"
#include "finalize/internal/weak/weak_creation.h"
#include "finalize/internal/weak/weak_cursor.h"
#include "finalize/internal/weak/weak_entry.h"
#include "finalize/internal/weak/weak_item.h"
#include "finalize/options.h"
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
  using EntryAccess = finalize_internal::EntryAccess;
  struct Access {
    using Item = finalize_internal::WeakItem<const K, const std::shared_ptr<V>,
                                             /*kHoldsKey=*/false>;
    using Other = void;
    static Item Of(Entry* entry, const std::shared_ptr<V>& value) {
      return EntryAccess::Make<Item>(finalize_internal::EntryRef::To(entry),
                                     value, &entry->key);
    }
  };

 public:
  using key_type = K;
  using mapped_type = std::shared_ptr<V>;
  using value_type = std::pair<K, std::shared_ptr<V>>;
  using hasher = Hash;
  using key_equal = Equal;
  using size_type = size_t;
  // An entry, kept alive: item.key(), item.value().
  using Item = typename Access::Item;
  // Input iterators; `*it` is an Item.
  using iterator = finalize_internal::WeakIterator<Entry, Access>;
  using const_iterator = iterator;

  WeakValueMap() = default;
  explicit WeakValueMap(Hash hash, Equal equal = Equal())
      : hash_(std::move(hash)), equal_(std::move(equal)) {}
  WeakValueMap(std::initializer_list<value_type> items) { insert(items); }
  template <class It, finalize_internal::IfIterator<It> = 0>
  WeakValueMap(It first, It last) {
    insert(first, last);
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
  void swap(WeakValueMap& other) { std::swap(*this, other); }
  friend void swap(WeakValueMap& a, WeakValueMap& b) { std::swap(a, b); }

  // Returns the value of the key, or null if there is none.
  template <class Q = K>
  std::shared_ptr<V> Get(const key_arg<Q>& key) const {
    std::shared_ptr<V> value;
    WithEntry(key, [&value](auto& section, Entry& entry) {
      value = entry.referent.lock();
      if (value == nullptr) section.Remove(&entry);
    });
    return value;
  }

  // Returns the value of the key. If there is none, creates it: calls
  // `factory`, as factory() or factory(key), and inserts the std::shared_ptr<V>
  // that it returns. One thread at a time creates the value of a key; others
  // that ask for the key wait, and return the pointer that the creating thread
  // got, even if the value is already absent again.
  //
  // No lock is held while the factory runs, so it may use the map. If another
  // call inserts a value for the key meanwhile, all callers return that one,
  // and the created one is dropped.
  //
  // Failure: if the factory throws or returns null, that reaches only the
  //   caller whose factory it is. One of the waiting threads calls its own
  //   factory next.
  // Deadlock: a call that would wait for itself, because the factory of the key
  //   runs on the same thread or waits for this thread's factory, is refused:
  //   it returns null, with a failure report (failure_reporter.h) that names
  //   `place`.
  // Fork: a forked child neither waits for factories of its parent nor refuses
  //   their keys. A factory that forked may return in both processes.
  // Lifetime: if the map is destroyed, moved or assigned to while a factory
  //   runs, the process aborts with a message. Because exit() destroys static
  //   maps, a map that other threads use until the end must be one that is
  //   never destroyed.
  template <class Q = K, class F>
  std::shared_ptr<V> GetOrCreate(Q&& key, F&& factory,
                                 Place place = Place::Caller()) {
    if (std::shared_ptr<V> value = Get(key)) return value;
    return Create(K(std::forward<Q>(key)), std::forward<F>(factory), place);
  }

  template <class Q = K>
  iterator find(const key_arg<Q>& key) const {
    iterator found;
    WithEntry(key, [&found](auto& section, Entry& entry) {
      std::shared_ptr<V> value = entry.referent.lock();
      if (value != nullptr) {
        found =
            At(finalize_internal::WeakCursor::At(
                   section.table(), finalize_internal::EntryRef::To(&entry)),
               std::move(value));
      } else {
        section.Remove(&entry);
      }
    });
    return found;
  }
  template <class Q = K>
  bool contains(const key_arg<Q>& key) const {
    bool lives = false;
    WithEntry(key, [&lives](auto&, Entry& entry) { lives = !entry.Expired(); });
    return lives;
  }
  template <class Q = K>
  size_t count(const key_arg<Q>& key) const {
    return contains<Q>(key) ? 1 : 0;
  }

  // Insertions return an iterator at the entry of the key, or end() if the
  // value is null and there is none; and whether they inserted.
  //
  // Inserts std::shared_ptr<V>(arguments...) if the key is absent.
  template <class... A>
  std::pair<iterator, bool> try_emplace(K key, A&&... arguments) {
    iterator old = find(key);
    if (old != end()) return {std::move(old), false};
    std::shared_ptr<V> value(std::forward<A>(arguments)...);
    if (!finalize_internal::OwnsObject(value)) return {end(), false};
    finalize_internal::FreshEntry<Entry> fresh(value, std::move(key));
    return InsertIfAbsent(&fresh, std::move(value));
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
  // Inserts, or replaces the value. A null value erases the key.
  std::pair<iterator, bool> insert_or_assign(K key, std::shared_ptr<V> value) {
    if (!finalize_internal::OwnsObject(value)) {
      erase(key);
      return {end(), false};
    }
    finalize_internal::FreshEntry<Entry> fresh(value, std::move(key));
    auto done = Insert(&fresh, [](Entry&) { return false; });
    return {At(std::move(done.at), std::move(value)), !done.replaced};
  }
  // insert_or_assign for each item of a map or a range of pairs.
  template <class Items>
  void Update(const Items& items) {
    for (const auto& [key, value] : items) insert_or_assign(key, value);
  }
  void Update(std::initializer_list<value_type> items) {
    for (const auto& [key, value] : items) insert_or_assign(key, value);
  }
  // Moves the entries whose key is absent here from `source`.
  void merge(WeakValueMap& source) {
    if (this == &source) return;
    for (auto it = source.begin(); it != source.end(); ++it) {
      const auto& [key, value] = *it;
      if (try_emplace(key, value).second) EntryAccess::EntryAt(it)->Erase();
    }
  }
  void merge(WeakValueMap&& source) { merge(source); }

  // Returns how many entries it erased: 0 or 1.
  template <class Q = K>
  size_t erase(const key_arg<Q>& key) {
    return Extract<Q>(key) != nullptr ? 1 : 0;
  }
  // Erases this very entry, if it is still in the map, and not one that has
  // replaced it. Returns the next position.
  iterator erase(iterator position) {
    iterator next = position;
    ++next;
    EntryAccess::EntryAt(position)->Erase();
    return next;
  }
  // Erases the entries for which predicate(item) returns true. Returns how
  // many.
  template <class Predicate>
  friend size_t erase_if(WeakValueMap& map, Predicate predicate) {
    size_t erased = 0;
    for (iterator it = map.begin(); it != map.end(); ++it) {
      const Item item = *it;
      if (predicate(item) && EntryAccess::EntryAt(it)->Erase()) ++erased;
    }
    return erased;
  }
  // Removes an entry and returns its value; null if the key is absent.
  template <class Q = K>
  std::shared_ptr<V> Extract(const key_arg<Q>& key) {
    std::shared_ptr<V> value;
    WithEntry(key, [&value](auto& section, Entry& entry) {
      value = entry.referent.lock();
      section.Remove(&entry);
    });
    return value;
  }
  // The same for the newest entry, with its key; nullopt if the map is empty.
  std::optional<value_type> ExtractNewest() {
    while (finalize_internal::EntryRef newest = entries_.ExtractNewest()) {
      auto* const entry = static_cast<Entry*>(newest.get());
      std::shared_ptr<V> value = entry->referent.lock();
      if (value != nullptr) return value_type(entry->key, std::move(value));
    }
    return std::nullopt;
  }
  void clear() { entries_.clear(); }
  // Removes the entries whose value is dead. Returns how many.
  size_t EraseExpired() { return entries_.EraseExpired(); }

  // Counts only living values.
  size_t size() const { return entries_.size(); }
  bool empty() const { return begin() == end(); }
  iterator begin() const {
    return EntryAccess::Make<iterator>(entries_.table());
  }
  iterator end() const { return iterator(); }
  iterator cbegin() const { return begin(); }
  iterator cend() const { return end(); }

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

  // Whether both have the same keys with the same values, by identity.
  friend bool operator==(const WeakValueMap& a, const WeakValueMap& b) {
    size_t items = 0;
    for (const auto& [key, value] : a) {
      if (b.Get(key) != value) return false;
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
  using Creation = finalize_internal::WeakCreation<Entry>;
  static constexpr bool kTrusted = finalize_internal::kIsTrusted<Equal>;

  static iterator At(finalize_internal::WeakCursor cursor,
                     std::shared_ptr<V> value) {
    return EntryAccess::Make<iterator>(std::move(cursor), std::move(value));
  }

  template <class Q, class Visit>
  void WithEntry(const Q& key, const Visit& visit) const {
    const auto& sought = finalize_internal::Sought<Equal>(key);
    const uint64_t hash = hash_(finalize_internal::Sought<Hash>(key));
    entries_.template WithEntry<Entry, kTrusted>(
        finalize_internal::MixHash(hash),
        [&](const Entry& entry) { return equal_(entry.key, sought); }, visit);
  }

  template <class Keep>
  finalize_internal::WeakContainer::Insertion Insert(
      finalize_internal::FreshEntry<Entry>* fresh, const Keep& keep) {
    const K& sought = fresh->get()->key;
    return entries_.template Insert<Entry, kTrusted>(
        fresh, finalize_internal::MixHash(hash_(sought)),
        [&](const Entry& entry) { return equal_(entry.key, sought); }, keep);
  }
  std::pair<iterator, bool> InsertIfAbsent(
      finalize_internal::FreshEntry<Entry>* fresh, std::shared_ptr<V> value) {
    std::shared_ptr<V> old;
    auto done = Insert(fresh, [&old](Entry& entry) {
      old = entry.referent.lock();
      return old != nullptr;
    });
    return {At(std::move(done.at), std::move(done.inserted ? value : old)),
            done.inserted};
  }

  // Creates the value of an absent key, or waits for a thread that does.
  template <class F>
  std::shared_ptr<V> Create(K key, F&& factory, Place place) {
    // Not std::make_shared: that has a symbol that is unique in the process,
    // which would keep a module from being unloaded (module.h).
    const std::shared_ptr<Creation> mine(new Creation(std::move(key)));
    const uint64_t hash = finalize_internal::MixHash(hash_(mine->key()));
    const auto same = [&](const finalize_internal::Creation& other) {
      return equal_(static_cast<const Creation&>(other).key(), mine->key());
    };
    while (const auto other =
               creations_.template Begin<kTrusted>(mine.get(), hash, same)) {
      if (!other->Await()) {
        finalize_internal::ReportSelfWait(place);
        return nullptr;
      }
      if (!other->over()) continue;  // it is the parent's
      const auto& theirs = static_cast<const Creation&>(*other);
      if (theirs.result != nullptr) return theirs.result;
    }
    const finalize_internal::CreationEnd end(mine.get());
    // Another thread may have created it between Get and Begin.
    mine->result = Get(mine->key());
    if (mine->result == nullptr) {
      mine->result = Made(std::forward<F>(factory), mine.get());
    }
    return mine->result;
  }

  // Returns the value that the factory creates, or one that was inserted
  // meanwhile.
  template <class F>
  std::shared_ptr<V> Made(F&& factory, Creation* creation) {
    std::shared_ptr<V> value = Call(std::forward<F>(factory), creation->key());
    if (!finalize_internal::OwnsObject(value)) return nullptr;
    auto* const fresh = creation->EntryFor(value);
    return (*InsertIfAbsent(fresh, std::move(value)).first).value();
  }

  template <class F>
  static std::shared_ptr<V> Call(F&& factory, const K& key) {
    using Pointer = std::shared_ptr<V>;
    if constexpr (std::is_invocable_r_v<Pointer, F>) {
      return std::invoke(std::forward<F>(factory));
    } else if constexpr (std::is_invocable_r_v<Pointer, F, const K&>) {
      return std::invoke(std::forward<F>(factory), key);
    } else {
      static_assert(sizeof(F) == 0,
                    "the factory of GetOrCreate takes nothing, or the key as "
                    "`const K&`, and returns a std::shared_ptr to the value");
      return nullptr;
    }
  }

  Hash hash_;
  Equal equal_;
  // Destroyed before these, because what it destroys may call them.
  finalize_internal::WeakContainer entries_;
  finalize_internal::Creations creations_;
};

}  // namespace finalize

#endif  // FINALIZE_WEAK_VALUE_MAP_H_
