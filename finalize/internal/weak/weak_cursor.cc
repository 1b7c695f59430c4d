// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/weak/weak_cursor.h"

#include <utility>

#include "finalize/internal/base/lock.h"

namespace finalize_internal {

WeakCursor::WeakCursor(WeakTable* table) {
  if (table == nullptr) return;
  LockHolder lock(LockAt(table->lock_));
  last_ = table->links_;
  Enter(table->earliest_);
}

WeakCursor WeakCursor::At(WeakTable* table, EntryRef entry) {
  WeakCursor cursor;
  cursor.entry_ = std::move(entry);
  cursor.last_ = table->links_;
  cursor.loose_in_ = table;
  return cursor;
}

WeakCursor::WeakCursor(const WeakCursor& other)
    : entry_(other.entry_), last_(other.last_), loose_in_(other.loose_in_) {
  if (!entry_ || loose_in_ != nullptr) return;
  LockHolder lock(LockAt(entry_->lock_));
  ++entry_->cursors_;
}

WeakCursor& WeakCursor::operator=(WeakCursor other) noexcept {
  std::swap(entry_, other.entry_);
  std::swap(last_, other.last_);
  std::swap(loose_in_, other.loose_in_);
  return *this;
}

WeakCursor::~WeakCursor() {
  if (!entry_ || loose_in_ != nullptr) return;
  LockHolder lock(LockAt(entry_->lock_));
  Leave(entry_.get());
}

void WeakCursor::Advance() {
  const EntryRef left = std::move(entry_);  // dropped after the lock
  LockHolder lock(LockAt(left->lock_));
  if (loose_in_ == nullptr) {
    if (left->table_ != nullptr) Enter(left->later_);
    Leave(left.get());
  } else {
    Enter(left->linked_ ? left->later_ : FirstAfter(left->sequence_));
    loose_in_ = nullptr;
  }
}

WeakEntry* WeakCursor::FirstAfter(uint64_t sequence) const {
  WeakEntry* entry = loose_in_->earliest_;
  while (entry != nullptr && entry->sequence_ <= sequence) {
    entry = entry->later_;
  }
  return entry;
}

void WeakCursor::Enter(WeakEntry* entry) {
  while (entry != nullptr && !entry->linked_) entry = entry->later_;
  if (entry == nullptr || entry->sequence_ > last_) return;
  ++entry->cursors_;
  entry_ = EntryRef::To(entry);
}

void WeakCursor::Leave(WeakEntry* entry) {
  if (--entry->cursors_ == 0 && !entry->linked_ && entry->table_ != nullptr) {
    entry->table_->RemoveFromOrder(entry);
  }
}

}  // namespace finalize_internal
