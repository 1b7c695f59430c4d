#include "finalize/internal/weak_cursor.h"

#include <utility>

#include "finalize/internal/lock.h"

namespace finalize_internal {

WeakCursor::WeakCursor(WeakTable* table) {
  if (table == nullptr) return;
  LockHolder lock(LockAt(table->lock_));
  last_ = table->links_;
  Enter(table->earliest_);
}

WeakCursor::WeakCursor(const WeakCursor& other)
    : entry_(other.entry_), last_(other.last_) {
  if (!entry_) return;
  LockHolder lock(LockAt(entry_->lock_));
  ++entry_->cursors_;
}

WeakCursor& WeakCursor::operator=(WeakCursor other) noexcept {
  std::swap(entry_, other.entry_);
  std::swap(last_, other.last_);
  return *this;
}

WeakCursor::~WeakCursor() {
  if (!entry_) return;
  LockHolder lock(LockAt(entry_->lock_));
  Leave(entry_.get());
}

void WeakCursor::Advance() {
  const EntryRef left = std::move(entry_);  // dropped after the lock
  LockHolder lock(LockAt(left->lock_));
  if (left->table_ != nullptr) Enter(left->later_);
  Leave(left.get());
}

void WeakCursor::Enter(WeakEntry* entry) {
  while (entry != nullptr && !entry->linked_) entry = entry->later_;
  if (entry == nullptr || entry->sequence_ > last_) return;
  ++entry->cursors_;
  entry_ = EntryRef::To(entry);
}

void WeakCursor::Leave(WeakEntry* entry) {
  if (--entry->cursors_ == 0 && !entry->linked_ && entry->table_ != nullptr) {
    entry->table_->LeaveOrder(entry);
  }
}

}  // namespace finalize_internal
