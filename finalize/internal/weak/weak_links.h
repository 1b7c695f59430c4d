// Links weak references to their referent, and forgets a referent that dies.
#ifndef FINALIZE_INTERNAL_WEAK_WEAK_LINKS_H_
#define FINALIZE_INTERNAL_WEAK_WEAK_LINKS_H_

#include "finalize/internal/node/weak_link.h"

namespace finalize_internal {

class SharedDeleter;

// Puts a link on the list of a referent, which the caller keeps alive.
void LinkWeak(SharedDeleter* referent, WeakLink* link);

// Takes it off; false where it is on no list, or the referent's death was
// first.
bool UnlinkWeak(WeakLink* link);

// Takes all weak references off a referent that dies, and its entries out of
// their containers. Returns the entries, for DropDetachedEntries. No
// allocation.
WeakLink* DetachReferent(WeakLinks* links, int lane) noexcept;

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_WEAK_WEAK_LINKS_H_
