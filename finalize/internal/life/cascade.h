// SPDX-License-Identifier: Apache-2.0

// Ends an object: destroys the entries of its weak references and runs its
// callbacks.
//
// Ends nest: a callback, or the destructor of a bound argument, may end another
// object. When an end returns, at any depth, its callbacks have run; only the
// destruction of what is spent may be deferred (spent.h).
#ifndef FINALIZE_INTERNAL_LIFE_CASCADE_H_
#define FINALIZE_INTERNAL_LIFE_CASCADE_H_

#include "finalize/export.h"
#include "finalize/internal/life/lifetime_list.h"

namespace finalize_internal {

struct WeakLink;

// The object behind a shared_ptr, with its type erased.
//
// Its type_info is where Linked() is defined, in the library. So code with RTTI
// does not link with a library that was compiled without it, which would find
// no referent.
class FINALIZE_INTERNAL_EXPORT OwnedReferent {
 public:
  virtual ~OwnedReferent() = default;
  // Destroys the object. Called once.
  virtual void Destroy() = 0;
  virtual void Linked();  // never called
};

// Runs the finalizers on the list, newest first, until the list is empty. No
// exception escapes.
FINALIZE_INTERNAL_EXPORT void EndLifetime(
    LifetimeList* list,
    const finalize::Cause& cause = finalize::Cause::Kind::kDestroy) noexcept;

// Ends a referent whose destructor has run: destroys the entries `detached`,
// which were in weak containers, and runs the finalizers on its list, newest
// first. No exception escapes.
FINALIZE_INTERNAL_EXPORT void EndReferent(LifetimeList* list,
                                          WeakLink* detached) noexcept;

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_LIFE_CASCADE_H_
