// SPDX-License-Identifier: Apache-2.0

// The common part of the weak containers: typed access to a WeakTable.
#ifndef FINALIZE_INTERNAL_WEAK_WEAK_CONTAINER_H_
#define FINALIZE_INTERNAL_WEAK_WEAK_CONTAINER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "finalize/internal/weak/shared_deleter.h"
#include "finalize/internal/weak/weak_cursor.h"
#include "finalize/internal/weak/weak_entry.h"
#include "finalize/internal/weak/weak_table.h"
#include "finalize/weak_hash.h"

namespace finalize_internal {

// An entry that knows the type of its referent.
template <class T>
class EntryOf : public WeakEntry {
 public:
  using Referent = T;
  explicit EntryOf(const std::shared_ptr<T>& strong) : referent(strong) {}
  bool Expired() const override { return referent.expired(); }

  std::weak_ptr<T> referent;  // does not change once the entry is in a table
};

// An entry that is not in a table yet.
template <class Entry>
class FreshEntry {
 public:
  template <class T, class... Args>
  explicit FreshEntry(const std::shared_ptr<T>& referent, Args&&... args)
      : entry_(new Entry(referent, std::forward<Args>(args)...)) {
    entry_->RefUnshared();
    second_ = EntryRef(entry_);
    entry_->AttachTo(SharedDeleterOf(referent));
  }
  ~FreshEntry() {
    if (entry_ == nullptr) return;
    entry_->DetachFromReferent();
    entry_->Unref();
  }
  FreshEntry(const FreshEntry&) = delete;
  FreshEntry& operator=(const FreshEntry&) = delete;

  Entry* get() const { return entry_; }
  // The reference for the table.
  Entry* release() { return std::exchange(entry_, nullptr); }
  // A second reference, for a cursor: cheaper than one that is taken later.
  EntryRef second() { return std::move(second_); }

 private:
  Entry* entry_;
  EntryRef second_;
};

// True if an equality is known not to be user code, so that it may be called
// under a lock.
template <class Equal>
inline constexpr bool kIsTrusted = false;
template <class K>
inline constexpr bool kIsTrusted<finalize::KeyEqual<K>> =
    std::is_arithmetic_v<K> || std::is_pointer_v<K> ||
    std::is_same_v<K, std::string> || std::is_same_v<K, std::string_view>;
template <>
inline constexpr bool kIsTrusted<finalize::IdentityEqual> = true;

// The key in the form in which an Equal (or a Hash) gets it. A conversion to
// text takes place before any lock is taken, and only for functions that are
// known to take text.
template <class Function, class Q>
decltype(auto) Sought(const Q& key) {
  if constexpr (std::is_same_v<Function, finalize::KeyEqual<std::string>> ||
                std::is_same_v<Function, finalize::KeyHash<std::string>>) {
    return std::string_view(key);
  } else {
    return (key);
  }
}

// As for std::unordered_map: lookups take any type if both are transparent,
// else the key's.
template <class Hash, class Equal, class = void>
struct KeyArg {
  template <class Q, class K>
  using Type = K;
};
template <class Hash, class Equal>
struct KeyArg<Hash, Equal,
              std::void_t<typename Hash::is_transparent,
                          typename Equal::is_transparent>> {
  template <class Q, class K>
  using Type = Q;
};

// Enables a template that takes two iterators.
template <class It>
using IfIterator = std::enable_if_t<
    std::is_base_of_v<std::input_iterator_tag,
                      typename std::iterator_traits<It>::iterator_category>,
    int>;

inline uint64_t MixHash(uint64_t hash) {
  hash ^= hash >> 32;
  hash *= 0x9fb21c651e98df25u;
  return hash ^ (hash >> 29);
}

// Owns the table, which the first insertion creates, so that an empty container
// has no effect on the process. Thread-safe, except: moving and destroying it.
class WeakContainer {
 public:
  struct Insertion {
    WeakCursor at;  // at the new entry, or at the one that was kept
    bool inserted = false;
    bool replaced = false;  // an entry whose referent lives
  };

  WeakContainer() = default;
  WeakContainer(WeakContainer&& other) noexcept
      : table_(other.table_.exchange(nullptr)) {}
  WeakContainer& operator=(WeakContainer&& other) noexcept {
    if (this != &other) delete table_.exchange(other.table_.exchange(nullptr));
    return *this;
  }
  ~WeakContainer() { delete table(); }

  WeakTable* table() const { return table_.load(std::memory_order_acquire); }

  size_t size() const { return table() != nullptr ? table()->Size() : 0; }
  bool empty() const { return size() == 0; }
  size_t EraseExpired() {
    return table() != nullptr ? table()->EraseExpired() : 0;
  }
  void clear() {
    if (table() != nullptr) table()->Clear();
  }
  // Removes the newest entry and returns it; null if there is none.
  EntryRef ExtractNewest() {
    return table() != nullptr ? table()->ExtractNewest() : EntryRef();
  }

  // Calls visit(section, entry), under the lock, if there is an entry that
  // `same` accepts; its referent may be dead.
  template <class Entry, bool kTrusted, class Same, class Visit>
  void WithEntry(uint64_t hash, const Same& same, const Visit& visit) const {
    if (table() == nullptr) return;
    const auto accepts = [&same](WeakEntry& entry) {
      return same(static_cast<Entry&>(entry));
    };
    TableSection section(table());
    if (WeakEntry* entry = section.Find<kTrusted>(hash, accepts)) {
      visit(section, static_cast<Entry&>(*entry));
    }
  }

  // Inserts `fresh`. It replaces the entry that `same` accepts, if there is
  // one, unless keep(entry), called under the lock, returns true.
  template <class Entry, bool kTrusted, class Fresh, class Same, class Keep>
  Insertion Insert(Fresh* fresh, uint64_t hash, const Same& same,
                   const Keep& keep) {
    Insertion done;
    WeakTable* const table = MakeTable();
    table->Reserve();
    const auto accepts = [&same](WeakEntry& entry) {
      return same(static_cast<Entry&>(entry));
    };
    TableSection section(table);
    if (WeakEntry* entry = section.Find<kTrusted>(hash, accepts)) {
      if (keep(static_cast<Entry&>(*entry))) {
        done.at = WeakCursor::At(table, EntryRef::To(entry));
        return done;
      }
      done.replaced = !entry->Expired();
      section.Remove(entry);
    }
    section.Link(fresh->release(), hash);
    done.at = WeakCursor::At(table, fresh->second());
    done.inserted = true;
    return done;
  }

 private:
  WeakTable* MakeTable() {
    WeakTable* made = table();
    if (made != nullptr) return made;
    auto fresh = std::make_unique<WeakTable>();
    if (table_.compare_exchange_strong(made, fresh.get())) {
      return fresh.release();
    }
    return made;
  }

  std::atomic<WeakTable*> table_{nullptr};
};

// An input iterator over the entries whose referents are alive. It keeps its
// entry and the referent alive. Access::Of(entry, referent) creates the value
// that it returns, which does the same. Access::Other is the Access of the
// iterators that convert to this one, or void.
template <class Entry, class Access>
class WeakIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = typename Access::Item;
  using reference = value_type;
  using pointer = void;
  using difference_type = std::ptrdiff_t;

  WeakIterator() = default;  // the end
  template <class From, class = std::enable_if_t<
                            std::is_same_v<From, typename Access::Other>>>
  // NOLINTNEXTLINE(runtime/explicit): an iterator becomes a const_iterator.
  WeakIterator(const WeakIterator<Entry, From>& other)
      : cursor_(other.cursor_), referent_(other.referent_) {}

  reference operator*() const { return Access::Of(entry(), referent_); }
  WeakIterator& operator++() {
    cursor_.Advance();
    SkipDead();
    return *this;
  }
  WeakIterator operator++(int) {
    WeakIterator old = *this;
    ++*this;
    return old;
  }
  friend bool operator==(const WeakIterator& a, const WeakIterator& b) {
    return a.cursor_.entry() == b.cursor_.entry();
  }
  friend bool operator!=(const WeakIterator& a, const WeakIterator& b) {
    return !(a == b);
  }

 private:
  using Pointer = std::shared_ptr<typename Entry::Referent>;

  friend struct EntryAccess;
  template <class OtherEntry, class OtherAccess>
  friend class WeakIterator;

  explicit WeakIterator(WeakTable* table) : cursor_(table) { SkipDead(); }
  WeakIterator(WeakCursor cursor, Pointer referent)
      : cursor_(std::move(cursor)), referent_(std::move(referent)) {}

  Entry* entry() const { return static_cast<Entry*>(cursor_.entry()); }
  void SkipDead() {
    for (; cursor_.entry() != nullptr; cursor_.Advance()) {
      referent_ = static_cast<Entry*>(cursor_.entry())->referent.lock();
      if (referent_ != nullptr) return;
    }
    referent_ = nullptr;
  }

  WeakCursor cursor_;
  Pointer referent_;
};

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_WEAK_WEAK_CONTAINER_H_
