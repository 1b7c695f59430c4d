// Cascades: callbacks whose end is the end of another object, and so on.
//
// An object that dies inside the callback of another one has its own callbacks
// run there and then, down to a depth of 64. Below that they wait until the one
// at that depth is done, so that a chain of any length needs a bounded stack:
//
//    depth 1 .. 63    runs its callbacks in its frame
//    depth 64         the same, and then those that were put off, in the order
//                     of their deaths
//    deeper           is put off: its finalizers stay pending, on a list that
//                     lies in a node's memory; where there is none, they run
//
// No lock of its own. No allocation but for the node of a death that is put
// off, for which a slab may be mapped.
#ifndef FINALIZE_INTERNAL_CASCADE_H_
#define FINALIZE_INTERNAL_CASCADE_H_

#include <memory>

#include "finalize/internal/lifetime_list.h"

namespace finalize_internal {

class WeakEntry;

// The object behind the pointer, its type forgotten.
class OwnedReferent {
 public:
  virtual ~OwnedReferent() = default;
  // Destroys the object. Called once.
  virtual void Destroy() = 0;
};

// Ends a referent, whose destructor has run: drops the entries that were in
// weak containers, runs the finalizers on its list, newest first, then frees
// its memory, if that is put off. Lets nothing escape.
void EndReferent(LifetimeList* list, WeakEntry* forgotten,
                 std::unique_ptr<OwnedReferent>* memory) noexcept;

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_CASCADE_H_
