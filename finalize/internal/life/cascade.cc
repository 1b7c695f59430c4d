// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/life/cascade.h"

#include "finalize/internal/life/claim.h"
#include "finalize/internal/life/run.h"
#include "finalize/internal/life/spent.h"
#include "finalize/internal/node/core.h"
#include "finalize/internal/node/slab.h"

namespace finalize_internal {

void OwnedReferent::Linked() {}

void EndReferent(LifetimeList* list, WeakLink* detached) noexcept {
  DestroySpent(detached);
  EndLifetime(list);
}

FINALIZE_OWN_FRAME void EndLifetime(LifetimeList* list,
                                    const finalize::Cause& cause) noexcept {
  EnsureEndIsWatched();
  while (!list->empty()) {
    Node* const node = ClaimNewestOf(list);
    if (node == nullptr) return;
    AwaitUnpinned(node);
    RunAtEnd(CoreAt(node->core), node, cause);
  }
}

}  // namespace finalize_internal
