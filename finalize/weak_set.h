// SPDX-License-Identifier: Apache-2.0

// WeakSet: a set of objects that it does not keep alive. A member exists only
// while another owner keeps it alive.
//
//   finalize::WeakSet<Session> sessions;
//   sessions.insert(session);
//   for (const std::shared_ptr<Session>& each : sessions) each->Flush();
//   session.reset();  // it is no longer in the set
//
// Members are compared by identity unless a Hash and an Equal are given
// (weak_hash.h), as in WeakKeyMap: a member is found even after it has changed.
// With an Equal by value a member must not change while it is in the set. A
// dead object equals nothing.
//
// Dead members: when the last shared_ptr to a member is destroyed, it is absent
//   at once. Its entry is removed at once too if MakeShared or Adopt (shared.h)
//   made the object; otherwise by a later call.
// Order: iteration is in the order of insertion. It visits the members that
//   were there when it began and are alive when it reaches them. Members may be
//   inserted, be erased and die meanwhile. `*it` returns a std::shared_ptr<T>:
//   while that exists the member stays in the set unless it is erased.
// Threads: any. User code (destructors, hash, equality) is never called under a
//   lock, so it may use the set. Calls that visit many members, or two sets,
//   are not atomic.
// Failure: as in a standard container. Without memory an insertion throws
//   std::bad_alloc and changes nothing; what Hash and Equal throw reaches the
//   caller.
// Lifetime: iterators must not outlive the set; the pointers that they return
//   may.
// Fork: a child has a working copy of the set (after raw clone() only if no
//   other thread was changing the set).
//
// Not covered: hash, order and text of a set, because it changes by itself.
// docs/weak_references.md says what else std::unordered_set and Python's
// WeakSet have, and when exactly an entry is removed.
//
// Thread-safe, except: the destructor, move, assignment and swap.
#ifndef FINALIZE_WEAK_SET_H_
#define FINALIZE_WEAK_SET_H_

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <utility>

#include "finalize/internal/base/rtti_required.h"
#include "finalize/internal/weak/shared_deleter.h"
#include "finalize/internal/weak/weak_container.h"
#include "finalize/internal/weak/weak_cursor.h"
#include "finalize/internal/weak/weak_entry.h"
#include "finalize/internal/weak/weak_keys.h"
#include "finalize/weak_hash.h"

namespace finalize {

template <class T, class Hash = IdentityHash, class Equal = IdentityEqual>
class WeakSet {
  using Entry = finalize_internal::KeyEntry<T>;
  using List = std::initializer_list<std::shared_ptr<T>>;
  using EntryAccess = finalize_internal::EntryAccess;
  using WeakCursor = finalize_internal::WeakCursor;
  struct Access {
    using Item = std::shared_ptr<T>;
    using Other = void;
    static Item Of(Entry*, const std::shared_ptr<T>& object) { return object; }
  };

 public:
  using key_type = std::shared_ptr<T>;
  using value_type = std::shared_ptr<T>;
  using hasher = Hash;
  using key_equal = Equal;
  using size_type = size_t;
  // Input iterators; `*it` is a std::shared_ptr<T>.
  using iterator = finalize_internal::WeakIterator<Entry, Access>;
  using const_iterator = iterator;

  WeakSet() = default;
  explicit WeakSet(Hash hash, Equal equal = Equal())
      : keys_(std::move(hash), std::move(equal)) {}
  WeakSet(std::initializer_list<value_type> objects) { insert(objects); }
  template <class It, finalize_internal::IfIterator<It> = 0>
  WeakSet(It first, It last) {
    insert(first, last);
  }
  // Copies the living members.
  WeakSet(const WeakSet& other)
      : keys_(other.keys_.hash(), other.keys_.equal()) {
    *this |= other;
  }
  WeakSet(WeakSet&&) = default;
  WeakSet& operator=(const WeakSet& other) { return *this = WeakSet(other); }
  WeakSet& operator=(WeakSet&&) = default;
  void swap(WeakSet& other) { std::swap(*this, other); }
  friend void swap(WeakSet& a, WeakSet& b) { std::swap(a, b); }

  // A lookup takes the object, or a shared_ptr to it. With an Equal by value it
  // also finds an equal object, of any type that a transparent Hash and Equal
  // take. An object that no shared_ptr owns is absent.
  //
  // Returns the member, or null if there is none.
  template <class Q>
  std::shared_ptr<T> Get(const Q& key) const {
    std::shared_ptr<T> object;
    keys_.WithEntry(
        key, [&](auto&, Entry& entry) { object = entry.referent.lock(); });
    return object;
  }
  template <class Q>
  iterator find(const Q& key) const {
    iterator found;
    keys_.WithEntry(key, [&](auto& section, Entry& entry) {
      std::shared_ptr<T> object = entry.referent.lock();
      if (object == nullptr) return;  // it has died since WithEntry looked
      found = At(WeakCursor::At(section.table(),
                                finalize_internal::EntryRef::To(&entry)),
                 std::move(object));
    });
    return found;
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

  // Inserts the object if it is absent. Returns an iterator at the member, and
  // whether it was inserted. A null pointer, and one that owns nothing (it
  // aliases an empty shared_ptr), is not inserted: end() and false.
  std::pair<iterator, bool> insert(std::shared_ptr<T> object) {
    if (!finalize_internal::OwnsObject(object)) return {end(), false};
    iterator old = find(object);
    if (old != end()) return {std::move(old), false};
    finalize_internal::FreshEntry<Entry> fresh(object);
    std::shared_ptr<T> there;
    auto done = keys_.Insert(*object, &fresh, [&there](Entry& entry) {
      there = entry.referent.lock();
      return there != nullptr;
    });
    return {At(std::move(done.at), std::move(done.inserted ? object : there)),
            done.inserted};
  }
  template <class... A>
  std::pair<iterator, bool> emplace(A&&... arguments) {
    return insert(std::shared_ptr<T>(std::forward<A>(arguments)...));
  }
  template <class It, finalize_internal::IfIterator<It> = 0>
  void insert(It first, It last) {
    for (; first != last; ++first) insert(*first);
  }
  void insert(std::initializer_list<value_type> objects) {
    insert(objects.begin(), objects.end());
  }

  // Returns how many members it erased: 0 or 1. An argument that cannot be a
  // member is never in the set.
  template <class Q>
  size_t erase(const Q& key) {
    return Extract(key) != nullptr ? 1 : 0;
  }
  // Erases this very member, if it is still in the set. Returns the next
  // position.
  iterator erase(iterator position) {
    iterator next = position;
    ++next;
    EntryAccess::EntryAt(position)->Erase();
    return next;
  }
  // Erases the members for which predicate(object) returns true. Returns how
  // many.
  template <class Predicate>
  friend size_t erase_if(WeakSet& set, Predicate predicate) {
    size_t erased = 0;
    for (iterator it = set.begin(); it != set.end(); ++it) {
      const std::shared_ptr<T> object = *it;
      if (predicate(object) && EntryAccess::EntryAt(it)->Erase()) ++erased;
    }
    return erased;
  }
  // Removes a member and returns it; null if it is absent.
  template <class Q>
  std::shared_ptr<T> Extract(const Q& key) {
    std::shared_ptr<T> object;
    keys_.WithEntry(key, [&](auto& section, Entry& entry) {
      object = entry.referent.lock();
      section.Remove(&entry);
    });
    return object;
  }
  // The same for the newest member; null if the set is empty.
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
  // Removes the entries of dead objects. Returns how many.
  size_t EraseExpired() { return keys_.entries().EraseExpired(); }
  // Moves the members that are absent here from `source`.
  void merge(WeakSet& source) {
    if (this == &source) return;
    for (auto it = source.begin(); it != source.end(); ++it) {
      if (insert(*it).second) EntryAccess::EntryAt(it)->Erase();
    }
  }
  void merge(WeakSet&& source) { merge(source); }

  // Counts only living members.
  size_t size() const { return keys_.entries().size(); }
  bool empty() const { return begin() == end(); }
  iterator begin() const {
    return EntryAccess::Make<iterator>(keys_.entries().table());
  }
  iterator end() const { return iterator(); }
  iterator cbegin() const { return begin(); }
  iterator cend() const { return end(); }

  // Union, intersection, difference and symmetric difference, with a set or any
  // other range of shared_ptrs, or with a list in braces. Of a set with itself:
  // no change, no change, empty, empty.
  template <class Range>
  WeakSet& operator|=(const Range& other) {
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
  WeakSet& operator|=(List other) { return operator|=<List>(other); }
  WeakSet& operator&=(List other) { return operator&=<List>(other); }
  WeakSet& operator-=(List other) { return operator-=<List>(other); }
  WeakSet& operator^=(List other) { return operator^=<List>(other); }
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

  // Comparisons with a set, any other range of shared_ptrs, or a list in
  // braces.
  bool IsSubsetOf(const WeakSet& other) const {
    for (const auto& object : *this) {
      if (!other.contains(object)) return false;
    }
    return true;
  }
  template <class Range>
  bool IsSubsetOf(const Range& other) const {
    return IsSubsetOf(Like(other));
  }
  template <class Range>
  bool IsSupersetOf(const Range& other) const {
    for (const auto& object : other) {
      if (!contains(object)) return false;
    }
    return true;
  }
  template <class Range>
  bool IsDisjointFrom(const Range& other) const {
    for (const auto& object : other) {
      if (contains(object)) return false;
    }
    return true;
  }
  bool IsSubsetOf(List other) const { return IsSubsetOf<List>(other); }
  bool IsSupersetOf(List other) const { return IsSupersetOf<List>(other); }
  bool IsDisjointFrom(List other) const { return IsDisjointFrom<List>(other); }
  friend bool operator==(const WeakSet& a, const WeakSet& b) {
    return a.IsSubsetOf(b) && b.IsSubsetOf(a);
  }
  friend bool operator!=(const WeakSet& a, const WeakSet& b) {
    return !(a == b);
  }

  hasher hash_function() const { return keys_.hash(); }
  key_equal key_eq() const { return keys_.equal(); }

 private:
  static iterator At(WeakCursor cursor, std::shared_ptr<T> object) {
    return EntryAccess::Make<iterator>(std::move(cursor), std::move(object));
  }
  // Returns a set of the objects in `range` that compares as this one does.
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
