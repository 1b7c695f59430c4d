// SPDX-License-Identifier: Apache-2.0

// WeakTable is the hash table of the weak containers. It does not know the
// types of their entries.
//
// Its lock guards the chains and the order, for a few instructions at a time.
// The lock is one of the library's (lock.h), and each entry has its index, so
// that a dying referent can remove its entry while the container is being
// destroyed. No user code runs under the lock: an equality of user code is
// called without it, and the entry is checked again afterwards. Nothing is
// allocated under the lock either: memory for buckets is reserved before.
//
// Linear hashing: buckets are added one at a time, so that no insertion moves
// more than a few entries. The first segment has 16 buckets; each further one
// has as many as all before it together.
#ifndef FINALIZE_INTERNAL_WEAK_WEAK_TABLE_H_
#define FINALIZE_INTERNAL_WEAK_WEAK_TABLE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "finalize/export.h"
#include "finalize/internal/base/lock.h"
#include "finalize/internal/weak/weak_entry.h"

namespace finalize_internal {

class WeakTable {
 public:
  FINALIZE_INTERNAL_EXPORT WeakTable();
  // Erases all entries. Entries that destructors insert meanwhile are erased at
  // once.
  FINALIZE_INTERNAL_EXPORT ~WeakTable();
  WeakTable(const WeakTable&) = delete;
  WeakTable& operator=(const WeakTable&) = delete;

  // Returns the number of entries whose referent is alive. Removes the others.
  FINALIZE_INTERNAL_EXPORT size_t Size();
  // Removes the entries whose referent is dead. Returns how many.
  FINALIZE_INTERNAL_EXPORT size_t EraseExpired();
  // Erases the entries that are there when the call begins.
  FINALIZE_INTERNAL_EXPORT void Clear();
  // Removes the newest entry and returns it, or null if there is none.
  FINALIZE_INTERNAL_EXPORT EntryRef ExtractNewest();
  // Allocates memory for more buckets if the present ones are full. If there is
  // no memory, chains grow longer.
  void Reserve() {
    if (full_.load(std::memory_order_relaxed)) AddSegment();
  }

 private:
  friend class WeakEntry;
  friend class TableSection;
  friend class WeakCursor;

  static constexpr size_t kFirst = 16;
  static constexpr int kSegments = 44;

  FINALIZE_INTERNAL_EXPORT void AddSegment();

  // The caller of these holds the lock.
  WeakEntry*& Bucket(size_t index);
  WeakEntry*& BucketOf(uint64_t hash);
  void Link(WeakEntry* entry);
  void Split();
  void Remove(WeakEntry* entry);
  void RemoveFromOrder(WeakEntry* entry);

  const int lock_;
  // LockAt(lock_), for TableSection: code of a user does not see the table of
  // the locks, which so need not be exported.
  Lock* const guard_;
  size_t count_ = 0;  // linked entries
  size_t unattached_ =
      0;  // those that do not learn of the death of their referent
  uint64_t links_ = 0;  // insertions so far
  size_t buckets_ = kFirst;
  size_t mask_ = kFirst - 1;  // the smallest 2^n - 1 that is >= buckets_ - 1
  size_t room_ = kFirst;      // buckets for which memory is allocated
  std::atomic<bool> full_{false};  // all of it is in use
  bool closed_ = false;            // by its destructor
  WeakEntry* earliest_ = nullptr;
  WeakEntry* latest_ = nullptr;
  WeakEntry* sweep_ = nullptr;  // the next one that SweepSome checks
  WeakEntry* first_[kFirst] = {};
  std::unique_ptr<WeakEntry*[]> segments_[kSegments];
};

// Some work on a table under its lock. Entries that it removes are destroyed
// after it has released the lock. Confined to one thread.
class TableSection {
 public:
  explicit TableSection(WeakTable* table) ABSL_NO_THREAD_SAFETY_ANALYSIS;
  ~TableSection() ABSL_NO_THREAD_SAFETY_ANALYSIS;
  TableSection(const TableSection&) = delete;
  TableSection& operator=(const TableSection&) = delete;

  WeakTable* table() const { return table_; }

  // Returns the linked entry with this hash that `same` accepts, or null; its
  // referent may be dead. If `same` is user code (not kTrusted), it is called
  // without the lock.
  template <bool kTrusted, class Same>
  WeakEntry* Find(uint64_t hash, const Same& same) {
    links_ = table_->links_;
    WeakEntry* entry = table_->BucketOf(hash);
    while (entry != nullptr) {
      if (entry->hash_ != hash) {
        entry = entry->chain_;
      } else if constexpr (kTrusted) {
        if (same(*entry)) return entry;
        entry = entry->chain_;
      } else {
        Pin(entry);
        const bool accepted = same(*entry);
        Relock();
        if (accepted && entry->linked_) return entry;
        if (entry->linked_ && links_ == table_->links_) {
          entry = entry->chain_;
        } else {
          links_ = table_->links_;
          entry = table_->BucketOf(hash);
        }
      }
    }
    return nullptr;
  }

  // Removes a linked entry.
  FINALIZE_INTERNAL_EXPORT void Remove(WeakEntry* entry);
  // Links a new entry and takes over a reference to it. Checks a few other
  // entries, and removes them if their referents are dead.
  FINALIZE_INTERNAL_EXPORT void Link(WeakEntry* fresh, uint64_t hash);

 private:
  friend class WeakTable;

  // Keeps an entry alive and releases the lock.
  FINALIZE_INTERNAL_EXPORT void Pin(WeakEntry* entry)
      ABSL_NO_THREAD_SAFETY_ANALYSIS;
  FINALIZE_INTERNAL_EXPORT void Relock() ABSL_NO_THREAD_SAFETY_ANALYSIS;
  FINALIZE_INTERNAL_EXPORT void DropRemoved();
  // Checks the next few entries. Returns false after the latest one.
  bool SweepSome(int count);

  WeakTable* const table_;
  bool locked_ = true;
  uint64_t links_ = 0;
  EntryRef pinned_;
  WeakEntry* removed_ = nullptr;  // linked through chain_
};

inline WeakEntry*& WeakTable::Bucket(size_t index) {
  if (index < kFirst) return first_[index];
  const int top = 63 - __builtin_clzll(index);
  return segments_[top][index - (size_t{1} << top)];
}

inline WeakEntry*& WeakTable::BucketOf(uint64_t hash) {
  size_t index = hash & mask_;
  if (index >= buckets_) index &= mask_ >> 1;
  return Bucket(index);
}

inline TableSection::TableSection(WeakTable* table) : table_(table) {
  table->guard_->Acquire();
}
inline TableSection::~TableSection() {
  if (locked_) table_->guard_->Release();
  if (removed_ != nullptr) DropRemoved();
}

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_WEAK_WEAK_TABLE_H_
