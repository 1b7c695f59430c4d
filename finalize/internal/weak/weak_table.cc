// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/weak/weak_table.h"

#include <new>
#include <utility>

#include "finalize/internal/life/spent.h"
#include "finalize/internal/node/fork_epoch.h"

namespace finalize_internal {
namespace {

// How many entries are handled each time the lock is taken.
constexpr int kBatch = 64;

int NextLock() {
  static std::atomic<unsigned> next{0};
  const unsigned number = next.fetch_add(1, std::memory_order_relaxed);
  return kFirstWeakLock + static_cast<int>(number % kWeakLocks);
}

}  // namespace

WeakTable::WeakTable() : lock_(NextLock()), guard_(&LockAt(lock_)) {
  CurrentEpoch();  // sets the fork hook up
}

WeakTable::~WeakTable() {
  {
    LockHolder lock(LockAt(lock_));
    closed_ = true;
  }
  Clear();
  DestroyDeferred();  // values of keys that have died
  LockHolder lock(LockAt(lock_));
  while (earliest_ != nullptr)
    RemoveFromOrder(earliest_);  // cursors are at them
}

void WeakTable::AddSegment() {
  size_t room;
  {
    LockHolder lock(LockAt(lock_));
    room = room_;
  }
  std::unique_ptr<WeakEntry*[]> segment(new (std::nothrow) WeakEntry*[room]());
  if (segment == nullptr) return;
  LockHolder lock(LockAt(lock_));
  if (room_ != room) return;  // another thread was faster
  segments_[63 - __builtin_clzll(room)] = std::move(segment);
  room_ *= 2;
  full_.store(false, std::memory_order_relaxed);
}

void WeakTable::Split() {
  const size_t added = buckets_++;
  if (added > mask_) mask_ = 2 * mask_ + 1;
  WeakEntry** from = &Bucket(added & (mask_ >> 1));
  WeakEntry** to = &Bucket(added);
  while (WeakEntry* entry = *from) {
    if ((entry->hash_ & mask_) == added) {
      *from = entry->chain_;
      *to = entry;
      to = &entry->chain_;
    } else {
      from = &entry->chain_;
    }
  }
  *to = nullptr;
}

void WeakTable::Link(WeakEntry* entry) {
  entry->linked_ = true;
  entry->sequence_ = ++links_;
  entry->table_ = this;
  entry->earlier_ = latest_;
  entry->later_ = nullptr;
  (latest_ != nullptr ? latest_->later_ : earliest_) = entry;
  latest_ = entry;
  WeakEntry*& bucket = BucketOf(entry->hash_);
  entry->chain_ = bucket;
  bucket = entry;
  ++count_;
  if (!entry->hears_of_death()) ++unattached_;
  for (int i = 0; i < 2 && count_ * 4 > buckets_ * 3; ++i) {
    if (buckets_ == room_) {
      full_.store(true, std::memory_order_relaxed);
      return;
    }
    Split();
  }
}

void WeakTable::RemoveFromOrder(WeakEntry* entry) {
  if (sweep_ == entry) sweep_ = entry->later_;
  (entry->earlier_ != nullptr ? entry->earlier_->later_ : earliest_) =
      entry->later_;
  (entry->later_ != nullptr ? entry->later_->earlier_ : latest_) =
      entry->earlier_;
  entry->table_ = nullptr;
}

void WeakTable::Remove(WeakEntry* entry) {
  WeakEntry** at = &BucketOf(entry->hash_);
  while (*at != entry) at = &(*at)->chain_;
  *at = entry->chain_;
  entry->linked_ = false;
  --count_;
  if (!entry->hears_of_death()) --unattached_;
  if (entry->cursors_ == 0) RemoveFromOrder(entry);
}

size_t WeakTable::Size() {
  {
    LockHolder lock(LockAt(lock_));
    if (unattached_ == 0) return count_;
  }
  EraseExpired();
  LockHolder lock(LockAt(lock_));
  return count_;
}

size_t WeakTable::EraseExpired() {
  size_t left;  // to be checked: insertions on other threads sweep as well
  {
    LockHolder lock(LockAt(lock_));
    if (unattached_ == 0) return 0;
    sweep_ = earliest_;
    left = 2 * count_;
  }
  size_t erased = 0;
  for (bool more = true; more && left > 0;) {
    TableSection section(this);
    const size_t before = count_;
    more = section.SweepSome(kBatch);
    erased += before - count_;
    left -= left < kBatch ? left : kBatch;
  }
  return erased;
}

void WeakTable::Clear() {
  uint64_t last;
  {
    LockHolder lock(LockAt(lock_));
    last = links_;
  }
  for (bool more = true; more;) {
    TableSection section(this);
    int removed = 0;
    WeakEntry* entry = earliest_;
    while (entry != nullptr && entry->sequence_ <= last && removed < kBatch) {
      WeakEntry* const later = entry->later_;
      if (entry->linked_) {
        section.Remove(entry);
        ++removed;
      }
      entry = later;
    }
    more = removed == kBatch;
  }
}

EntryRef WeakTable::ExtractNewest() {
  TableSection section(this);
  WeakEntry* entry = latest_;
  while (entry != nullptr && !entry->linked_) entry = entry->earlier_;
  if (entry == nullptr) return EntryRef();
  EntryRef extracted = EntryRef::To(entry);
  section.Remove(entry);
  return extracted;
}

void TableSection::Remove(WeakEntry* entry) {
  table_->Remove(entry);
  entry->chain_ = removed_;
  removed_ = entry;
}

void TableSection::Link(WeakEntry* fresh, uint64_t hash) {
  fresh->hash_ = hash;
  fresh->lock_ = table_->lock_;
  if (table_->closed_) {
    fresh->chain_ = removed_;
    removed_ = fresh;
    return;
  }
  if (table_->unattached_ > 0) {
    if (table_->sweep_ == nullptr) table_->sweep_ = table_->earliest_;
    SweepSome(2);
  }
  table_->Link(fresh);
}

bool TableSection::SweepSome(int count) {
  for (; count > 0 && table_->sweep_ != nullptr; --count) {
    WeakEntry* const entry = table_->sweep_;
    table_->sweep_ = entry->later_;
    if (entry->linked_ && !entry->hears_of_death() && entry->Expired()) {
      Remove(entry);
    }
  }
  return table_->sweep_ != nullptr;
}

void TableSection::Pin(WeakEntry* entry) {
  EntryRef pin = EntryRef::To(entry);
  LockAt(table_->lock_).Release();
  locked_ = false;
  pinned_ = std::move(pin);
}

void TableSection::Relock() {
  LockAt(table_->lock_).Acquire();
  locked_ = true;
}

void TableSection::DropRemoved() {
  while (WeakEntry* const entry = removed_) {
    removed_ = entry->chain_;
    entry->DetachFromReferent();
    entry->Unref();
  }
}

}  // namespace finalize_internal
