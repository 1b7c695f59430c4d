// The end of an object: its weak references' entries and its callbacks.
//
// Ends nest: a callback, or the destructor of what it bound, may end another
// object. Each end is complete when it returns, at any depth; only what is
// spent may be destroyed later (spent.h).
#ifndef FINALIZE_INTERNAL_LIFE_CASCADE_H_
#define FINALIZE_INTERNAL_LIFE_CASCADE_H_

#include "finalize/internal/life/lifetime_list.h"

namespace finalize_internal {

struct WeakLink;

// The object behind the pointer, its type detached.
class OwnedReferent {
 public:
  virtual ~OwnedReferent() = default;
  // Destroys the object. Called once.
  virtual void Destroy() = 0;
};

// Runs what is on the list, newest first, until nothing is. Lets nothing
// escape.
void EndLifetime(
    LifetimeList* list,
    const finalize::Cause& cause = finalize::Cause::Kind::kDestroy) noexcept;

// Ends a referent, whose destructor has run: destroys the entries that were in
// weak containers, and runs the finalizers on its list, newest first. Lets
// nothing escape.
void EndReferent(LifetimeList* list, WeakLink* detached) noexcept;

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_LIFE_CASCADE_H_
