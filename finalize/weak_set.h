// WeakSet: a set of objects that it does not keep alive.
//
//   finalize::WeakSet<Session> sessions;
//   sessions.insert(session);
//   for (const std::shared_ptr<Session>& each : sessions) each->Flush();
//
// A member is there while the object lives; a dead one is absent at once. Where
// MakeShared or Adopt made the object (IsAttachable, shared.h) its entry is
// taken out before its destructor runs; for any other shared_ptr it stays
// until it is dropped: each insertion looks at two entries, so that there are
// never many more dead ones than living; size(), EraseExpired() and clear()
// drop all. Iteration passes dead ones by, and a lookup drops at most one at
// the very address it looks for. size() counts only the living: at once where
// all members are attachable, else it looks at each.
//
// Members are compared by identity unless a Hash and an Equal are named
// (weak_hash.h), as in WeakKeyMap: a set of sessions is of these sessions, and
// one that changes is found all the same. With an Equal by value a member must
// not change. A dead object equals nothing.
//
// Iteration, threads and fork are as with WeakValueMap (weak_value_map.h): in
// order of insertion, over what was there when it began; thread-safe, but for
// the destructor, move, assignment and swap; nothing of the user's runs under a
// lock. The operations on two sets go over many entries and are not atomic.
// `*it` returns a std::shared_ptr<T>, so a member stays in the set while the
// pointer lives. `auto& member : set` does not compile, because it would bind a
// reference to a temporary: write `const auto&` or `auto`.
//
// Not here: a hash and an order of sets (IsSubsetOf says what `<=` would);
// equality with other kinds of sets; text of a set.
#ifndef FINALIZE_WEAK_SET_H_
#define FINALIZE_WEAK_SET_H_

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

#include "finalize/internal/shared_deleter.h"
#include "finalize/internal/weak_container.h"
#include "finalize/internal/weak_entry.h"
#include "finalize/internal/weak_keys.h"
#include "finalize/weak_hash.h"

namespace finalize {

template <class T, class Hash = IdentityHash, class Equal = IdentityEqual>
class WeakSet {
  using Entry = finalize_internal::KeyEntry<T>;
  struct Access {
    using Item = std::shared_ptr<T>;
    static Item Of(Entry*, const std::shared_ptr<T>& object) { return object; }
  };

 public:
  using key_type = std::shared_ptr<T>;
  using value_type = std::shared_ptr<T>;
  using hasher = Hash;
  using key_equal = Equal;
  // Input iterators; `*it` is a std::shared_ptr<T>, which holds the member.
  using iterator = finalize_internal::WeakIterator<Entry, Access>;
  using const_iterator = iterator;

  WeakSet() = default;
  explicit WeakSet(Hash hash, Equal equal = Equal())
      : keys_(std::move(hash), std::move(equal)) {}
  WeakSet(std::initializer_list<value_type> objects) { *this |= objects; }
  template <class It>
  WeakSet(It first, It last) {
    for (; first != last; ++first) insert(*first);
  }
  // Copies the living members.
  WeakSet(const WeakSet& other)
      : keys_(other.keys_.hash(), other.keys_.equal()) {
    *this |= other;
  }
  WeakSet(WeakSet&&) = default;
  WeakSet& operator=(const WeakSet& other) { return *this = WeakSet(other); }
  WeakSet& operator=(WeakSet&&) = default;
  friend void swap(WeakSet& a, WeakSet& b) { std::swap(a, b); }

  // Returns the member that is this object, or equal to it, or null. The key
  // is an object, or a shared_ptr to one.
  template <class Q>
  std::shared_ptr<T> find(const Q& key) const {
    std::shared_ptr<T> object;
    keys_.Look(key,
               [&](auto&, Entry& entry) { object = entry.referent.lock(); });
    return object;
  }
  template <class Q>
  bool contains(const Q& key) const {
    return find(key) != nullptr;
  }
  template <class Q>
  size_t count(const Q& key) const {
    return contains(key) ? 1 : 0;
  }

  // Returns whether it was absent. A null pointer is not inserted, nor one that
  // owns nothing (it aliases an empty one).
  bool insert(std::shared_ptr<T> object) {
    if (!finalize_internal::OwnsObject(object) || contains(object)) {
      return false;
    }
    finalize_internal::FreshEntry<Entry> fresh(object);
    return keys_.Insert(*object, &fresh, [](Entry&) { return true; });
  }
  // Returns how many it erased; 0 too for what cannot be a member.
  template <class Q>
  size_t erase(const Q& key) {
    return extract(key) != nullptr ? 1 : 0;
  }
  // Takes a member out and returns it; null where there is none.
  template <class Q>
  std::shared_ptr<T> extract(const Q& key) {
    std::shared_ptr<T> object;
    keys_.Look(key, [&](auto& section, Entry& entry) {
      object = entry.referent.lock();
      section.Remove(&entry);
    });
    return object;
  }
  // The same for the newest one.
  std::shared_ptr<T> ExtractNewest() {
    while (finalize_internal::EntryRef newest =
               keys_.entries().ExtractNewest()) {
      std::shared_ptr<T> object =
          static_cast<Entry*>(newest.get())->referent.lock();
      if (object != nullptr) return object;
    }
    return nullptr;
  }
  void clear() { keys_.entries().clear(); }
  // Drops the entries of dead objects. Returns how many.
  size_t EraseExpired() { return keys_.entries().EraseExpired(); }
  // Moves what is absent here from `source`.
  void merge(WeakSet& source) {
    if (this == &source) return;
    for (auto it = source.begin(); it != source.end(); ++it) {
      if (insert(*it)) it.entry()->Erase();
    }
  }

  size_t size() const { return keys_.entries().size(); }
  bool empty() const { return begin() == end(); }
  iterator begin() const { return iterator(keys_.entries().table()); }
  iterator end() const { return iterator(); }

  // Union, intersection, difference, symmetric difference, with a set or with
  // any range of shared_ptrs. With itself: no change, no change, empty, empty.
  template <class Range>
  WeakSet& operator|=(const Range& other) {
    for (const auto& object : other) insert(object);
    return *this;
  }
  WeakSet& operator|=(std::initializer_list<value_type> other) {
    for (const auto& object : other) insert(object);
    return *this;
  }
  template <class Range>
  WeakSet& operator&=(const Range& other) {
    const WeakSet kept = Like(other);
    for (const auto& object : *this) {
      if (!kept.contains(object)) erase(object);
    }
    return *this;
  }
  template <class Range>
  WeakSet& operator-=(const Range& other) {
    for (const auto& object : other) erase(object);
    return *this;
  }
  template <class Range>
  WeakSet& operator^=(const Range& other) {
    for (const auto& object : Like(other)) {
      if (erase(object) == 0) insert(object);
    }
    return *this;
  }
  template <class Range>
  friend WeakSet operator|(WeakSet a, const Range& b) {
    return std::move(a |= b);
  }
  template <class Range>
  friend WeakSet operator&(WeakSet a, const Range& b) {
    return std::move(a &= b);
  }
  template <class Range>
  friend WeakSet operator-(WeakSet a, const Range& b) {
    return std::move(a -= b);
  }
  template <class Range>
  friend WeakSet operator^(WeakSet a, const Range& b) {
    return std::move(a ^= b);
  }

  bool IsSubsetOf(const WeakSet& other) const {
    for (const auto& object : *this) {
      if (!other.contains(object)) return false;
    }
    return true;
  }
  bool IsSupersetOf(const WeakSet& other) const {
    return other.IsSubsetOf(*this);
  }
  bool IsDisjointFrom(const WeakSet& other) const {
    for (const auto& object : *this) {
      if (other.contains(object)) return false;
    }
    return true;
  }
  friend bool operator==(const WeakSet& a, const WeakSet& b) {
    return a.IsSubsetOf(b) && b.IsSubsetOf(a);
  }
  friend bool operator!=(const WeakSet& a, const WeakSet& b) {
    return !(a == b);
  }

  hasher hash_function() const { return keys_.hash(); }
  key_equal key_eq() const { return keys_.equal(); }

 private:
  // A set of what is in `range`, which compares as this one does.
  template <class Range>
  WeakSet Like(const Range& range) const {
    WeakSet set(keys_.hash(), keys_.equal());
    set |= range;
    return set;
  }

  finalize_internal::WeakKeys<T, Entry, Hash, Equal> keys_;
};

}  // namespace finalize

#endif  // FINALIZE_WEAK_SET_H_
