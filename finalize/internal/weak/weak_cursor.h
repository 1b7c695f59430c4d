// SPDX-License-Identifier: Apache-2.0

// A WeakCursor is a position in a table. It is at an entry, and keeps the entry
// alive. Advance() visits the entries that were in the table when the cursor
// was created, in the order of insertion. Their referents may be dead.
//
// A cursor is one of two kinds:
//   registered   its entry counts it, and stays in the order of the table even
//                if it is removed, so that Advance() finds the next one
//   loose        made by At(), for a lookup: no entry knows it. The first
//                Advance() makes it a registered one. If its entry has been
//                removed by then, the next one is found by its sequence, which
//                takes time linear in the size of the table.
//
// Confined to one thread.
#ifndef FINALIZE_INTERNAL_WEAK_WEAK_CURSOR_H_
#define FINALIZE_INTERNAL_WEAK_WEAK_CURSOR_H_

#include <cstdint>

#include "finalize/export.h"
#include "finalize/internal/weak/weak_entry.h"
#include "finalize/internal/weak/weak_table.h"

namespace finalize_internal {

class WeakCursor {
 public:
  WeakCursor() = default;  // at the end
  // At the first entry. `table` may be null.
  FINALIZE_INTERNAL_EXPORT explicit WeakCursor(WeakTable* table);
  // At an entry of the table. The caller holds its lock.
  FINALIZE_INTERNAL_EXPORT static WeakCursor At(WeakTable* table,
                                                EntryRef entry);
  FINALIZE_INTERNAL_EXPORT WeakCursor(const WeakCursor& other);
  WeakCursor(WeakCursor&&) noexcept = default;
  FINALIZE_INTERNAL_EXPORT WeakCursor& operator=(WeakCursor other) noexcept;
  FINALIZE_INTERNAL_EXPORT ~WeakCursor();

  FINALIZE_INTERNAL_EXPORT void Advance();
  WeakEntry* entry() const { return entry_.get(); }  // null at the end

 private:
  // The caller holds the lock. Enter registers the cursor at `entry`, or at the
  // next linked entry.
  void Enter(WeakEntry* entry);
  static void Leave(WeakEntry* entry);
  // Returns the first entry with a larger sequence.
  WeakEntry* FirstAfter(uint64_t sequence) const;

  EntryRef entry_;
  uint64_t last_ = 0;  // the sequence of the newest entry to be visited
  WeakTable* loose_in_ = nullptr;  // null if registered, or at the end
};

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_WEAK_WEAK_CURSOR_H_
