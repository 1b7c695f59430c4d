// WeakCursor: a place in a table. Stands at an entry, and keeps that alive.
// Goes through the entries that were there when it began, in the order of
// insertion. The referent of one may be dead. Confined to one thread.
#ifndef FINALIZE_INTERNAL_WEAK_CURSOR_H_
#define FINALIZE_INTERNAL_WEAK_CURSOR_H_

#include <cstdint>

#include "finalize/internal/weak_entry.h"
#include "finalize/internal/weak_table.h"

namespace finalize_internal {

class WeakCursor {
 public:
  WeakCursor() = default;  // at the end
  explicit WeakCursor(WeakTable* table);
  WeakCursor(const WeakCursor& other);
  WeakCursor(WeakCursor&&) noexcept = default;
  WeakCursor& operator=(WeakCursor other) noexcept;
  ~WeakCursor();

  void Advance();
  WeakEntry* entry() const { return entry_.get(); }  // null at the end

 private:
  // For a holder of the lock: stands at `entry`, or at the next linked one.
  void Enter(WeakEntry* entry);
  static void Leave(WeakEntry* entry);

  EntryRef entry_;
  uint64_t last_ = 0;  // the sequence of the newest entry to be seen
};

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_WEAK_CURSOR_H_
