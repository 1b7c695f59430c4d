// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/weak/weak_entry.h"

#include "finalize/internal/base/lock.h"
#include "finalize/internal/weak/weak_table.h"

namespace finalize_internal {

bool WeakEntry::Unlink() noexcept {
  if (lock_ < 0) return false;
  {
    LockHolder lock(LockAt(lock_));
    if (!linked_) return false;
    table_->Remove(this);
  }
  Unref();
  return true;
}

}  // namespace finalize_internal
