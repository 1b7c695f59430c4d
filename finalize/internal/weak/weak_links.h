// SPDX-License-Identifier: Apache-2.0

// Links weak references to their referent, and detaches them when it dies.
#ifndef FINALIZE_INTERNAL_WEAK_WEAK_LINKS_H_
#define FINALIZE_INTERNAL_WEAK_WEAK_LINKS_H_

#include "finalize/export.h"
#include "finalize/internal/node/weak_link.h"

namespace finalize_internal {

class SharedDeleter;

// Puts a link on the list of a referent, which the caller keeps alive.
FINALIZE_INTERNAL_EXPORT void LinkWeak(SharedDeleter* referent, WeakLink* link);

// Takes the link off its list. Returns false if it is not on a list, or if the
// death of the referent took it off first.
FINALIZE_INTERNAL_EXPORT bool UnlinkWeak(WeakLink* link);

// Takes all weak references off the list of a referent that dies, and removes
// its entries from their containers. Returns the entries, for
// DropDetachedEntries. Does not allocate.
FINALIZE_INTERNAL_EXPORT WeakLink* DetachReferent(WeakLinks* links,
                                                  int lane) noexcept;

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_WEAK_WEAK_LINKS_H_
