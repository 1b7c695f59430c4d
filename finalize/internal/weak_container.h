// What the weak containers share: the way from their types to a WeakTable.
#ifndef FINALIZE_INTERNAL_WEAK_CONTAINER_H_
#define FINALIZE_INTERNAL_WEAK_CONTAINER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "finalize/internal/shared_deleter.h"
#include "finalize/internal/weak_cursor.h"
#include "finalize/internal/weak_entry.h"
#include "finalize/internal/weak_table.h"
#include "finalize/weak_hash.h"

namespace finalize_internal {

// An entry with the type of its referent.
template <class T>
class EntryOf : public WeakEntry {
 public:
  using Referent = T;
  explicit EntryOf(const std::shared_ptr<T>& strong) : referent(strong) {}
  bool Expired() const override { return referent.expired(); }

  const std::weak_ptr<T> referent;
};

// An entry that no table has yet.
template <class Entry>
class FreshEntry {
 public:
  template <class T, class... Args>
  explicit FreshEntry(const std::shared_ptr<T>& referent, Args&&... args)
      : entry_(new Entry(referent, std::forward<Args>(args)...)) {
    entry_->Watch(SharedDeleterOf(referent));
  }
  ~FreshEntry() {
    if (entry_ == nullptr) return;
    entry_->Unwatch();
    entry_->Unref();
  }
  FreshEntry(const FreshEntry&) = delete;
  FreshEntry& operator=(const FreshEntry&) = delete;

  Entry* get() const { return entry_; }
  Entry* release() { return std::exchange(entry_, nullptr); }

 private:
  Entry* entry_;
};

// An equality that is no code of the user's, and may be called under a lock.
template <class Equal>
inline constexpr bool kIsTrusted = false;
template <class K>
inline constexpr bool kIsTrusted<finalize::KeyEqual<K>> =
    std::is_arithmetic_v<K> || std::is_pointer_v<K> ||
    std::is_same_v<K, std::string> || std::is_same_v<K, std::string_view>;
template <>
inline constexpr bool kIsTrusted<finalize::IdentityEqual> = true;

// The key as an Equal (or a Hash) gets it. One that becomes text does so before
// any lock is taken, and only for what is known to take text.
template <class Function, class Q>
decltype(auto) Sought(const Q& key) {
  if constexpr (std::is_same_v<Function, finalize::KeyEqual<std::string>> ||
                std::is_same_v<Function, finalize::KeyHash<std::string>>) {
    return std::string_view(key);
  } else {
    return (key);
  }
}

// As std::unordered_map does: lookups take any type where both are
// transparent, else the key's.
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

inline uint64_t MixHash(uint64_t hash) {
  hash ^= hash >> 32;
  hash *= 0x9fb21c651e98df25u;
  return hash ^ (hash >> 29);
}

// Holds the table, which is made by the first insertion: an empty container
// has no effect on the process. Thread-safe but for moving and destroying it.
class WeakContainer {
 public:
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
  // Returns an entry that it takes out, or null where there is none.
  EntryRef ExtractNewest() {
    return table() != nullptr ? table()->ExtractNewest() : EntryRef();
  }

  // Calls visit(section, entry), under the lock, if there is an entry that
  // `same` accepts; its referent may be dead.
  template <class Entry, bool kTrusted, class Same, class Visit>
  void Look(uint64_t hash, const Same& same, const Visit& visit) const {
    if (table() == nullptr) return;
    const auto accepts = [&same](WeakEntry& entry) {
      return same(static_cast<Entry&>(entry));
    };
    TableSection section(table());
    if (WeakEntry* entry = section.Find<kTrusted>(hash, accepts)) {
      visit(section, static_cast<Entry&>(*entry));
    }
  }

  // Puts `fresh` in the place of the entry that `same` accepts, if there is
  // one, unless keep(entry) says, under the lock, that it stays. Returns
  // whether `fresh` was put in; `*replaced` says whether one that lives went.
  template <class Entry, bool kTrusted, class Fresh, class Same, class Keep>
  bool Insert(Fresh* fresh, uint64_t hash, const Same& same, const Keep& keep,
              bool* replaced = nullptr) {
    WeakTable* const table = MakeTable();
    table->Reserve();
    const auto accepts = [&same](WeakEntry& entry) {
      return same(static_cast<Entry&>(entry));
    };
    TableSection section(table);
    if (WeakEntry* entry = section.Find<kTrusted>(hash, accepts)) {
      if (keep(static_cast<Entry&>(*entry))) return false;
      if (replaced != nullptr) *replaced = !entry->Expired();
      section.Remove(entry);
    }
    section.Link(fresh->release(), hash);
    return true;
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

// An input iterator over the living entries. Keeps the entry at which it stands
// and its referent alive. Access::Of(entry, referent) makes what it returns: a
// value that holds both.
template <class Entry, class Access>
class WeakIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = typename Access::Item;
  using reference = value_type;
  using pointer = void;
  using difference_type = std::ptrdiff_t;

  WeakIterator() = default;  // the end
  explicit WeakIterator(WeakTable* table) : cursor_(table) { SkipDead(); }

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
  // For the containers: the entry at which it stands.
  Entry* entry() const { return static_cast<Entry*>(cursor_.entry()); }

  friend bool operator==(const WeakIterator& a, const WeakIterator& b) {
    return a.cursor_.entry() == b.cursor_.entry();
  }
  friend bool operator!=(const WeakIterator& a, const WeakIterator& b) {
    return !(a == b);
  }

 private:
  void SkipDead() {
    for (; cursor_.entry() != nullptr; cursor_.Advance()) {
      referent_ = static_cast<Entry*>(cursor_.entry())->referent.lock();
      if (referent_ != nullptr) return;
    }
    referent_ = nullptr;
  }

  WeakCursor cursor_;
  std::shared_ptr<typename Entry::Referent> referent_;
};

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_WEAK_CONTAINER_H_
