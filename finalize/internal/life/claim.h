// The claim: exactly one trigger takes a pending finalizer off its lists, and
// what it does next, running it or detaching it, nobody else does.
#ifndef FINALIZE_INTERNAL_LIFE_CLAIM_H_
#define FINALIZE_INTERNAL_LIFE_CLAIM_H_

#include "finalize/internal/life/lifetime_list.h"
#include "finalize/internal/node/core.h"
#include "finalize/internal/node/node.h"

namespace finalize_internal {

// The claim: if `ref` is pending and ours, takes it off its lists and makes it
// kRunning, or kDetached. Waits for peeks at it to end. Returns null if lost.
Node* ClaimToRun(const NodeRef& ref);
Node* ClaimToDetach(const NodeRef& ref);

// The claim of one of a lifetime, for a drain of `core`: lost, too, where it
// has moved to another registry.
Node* ClaimToRunIn(const Core* core, const NodeRef& ref);

// The claim for a holder of the node's lane's and lifetime's locks. The caller
// must call AwaitUnpinned once it has let go of them.
void ClaimLocked(Lane* lane, Node* node, NodeState to);
void AwaitUnpinnedSlow(Node* node);
inline void AwaitUnpinned(Node* node) {
  if (node->Word() & kPinnedFlag) AwaitUnpinnedSlow(node);
}

// Whether this thread peeks at `node`. For a holder of the lane's lock.
bool PinnedByThisThread(const Lane& lane, const Node* node);

// Claims the newest finalizer of the list to run it; null where none is left.
// The caller must call AwaitUnpinned.
Node* ClaimNewestOf(LifetimeList* list);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_LIFE_CLAIM_H_
