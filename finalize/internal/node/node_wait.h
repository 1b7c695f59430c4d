// Sleeping on the word of a node. Nodes are type-stable, so a late look at one
// that has been freed is harmless.
#ifndef FINALIZE_INTERNAL_NODE_NODE_WAIT_H_
#define FINALIZE_INTERNAL_NODE_NODE_WAIT_H_

#include <cstdint>

#include "finalize/internal/node/node.h"

namespace finalize_internal {

// Sleeps while (word & mask) == value; `deadline` in nanoseconds of
// CLOCK_MONOTONIC. Returns false where the deadline came first. The node is, or
// was, published; the caller holds no lock.
bool WaitWhile(Node* node, uint64_t mask, uint64_t value, uint64_t deadline);

// For whoever has just changed a word that had kWaitedFlag.
void WakeWaiters(Node* node);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_NODE_NODE_WAIT_H_
