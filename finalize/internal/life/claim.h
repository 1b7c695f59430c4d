// SPDX-License-Identifier: Apache-2.0

// The claim: exactly one trigger takes a pending finalizer off its lists, and
// only that trigger runs or detaches it.
#ifndef FINALIZE_INTERNAL_LIFE_CLAIM_H_
#define FINALIZE_INTERNAL_LIFE_CLAIM_H_

#include "finalize/internal/life/lifetime_list.h"
#include "finalize/internal/node/core.h"
#include "finalize/internal/node/node.h"

namespace finalize_internal {

// Claims `ref`: if it is pending and belongs to this process, takes it off its
// lists and makes it kRunning or kDetached. Waits for peeks at it to end.
// Returns null if another trigger has won.
Node* ClaimToRun(const NodeRef& ref);
Node* ClaimToDetach(const NodeRef& ref);

// Claims a finalizer of a lifetime, for a drain of `core`. Returns null also if
// it has moved to another registry.
Node* ClaimToRunIn(const Core* core, const NodeRef& ref);

// Claims a node. The caller holds the locks of the node's lane and lifetime,
// and must call AwaitUnpinned after it has released them.
void ClaimLocked(Lane* lane, Node* node, NodeState to);
void AwaitUnpinnedSlow(Node* node);
inline void AwaitUnpinned(Node* node) {
  if (node->Word() & kPinnedFlag) AwaitUnpinnedSlow(node);
}

// Returns whether this thread peeks at `node`. The caller holds the lane's
// lock.
bool PinnedByThisThread(const Lane& lane, const Node* node);

// Claims the newest finalizer of the list to run it. Returns null if there is
// none. The caller must call AwaitUnpinned.
Node* ClaimNewestOf(LifetimeList* list);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_LIFE_CLAIM_H_
