// SPDX-License-Identifier: Apache-2.0

// WaitWhile sleeps on the word of a node. Nodes are type-stable, so it is
// harmless to read a node that has been freed.
#ifndef FINALIZE_INTERNAL_NODE_NODE_WAIT_H_
#define FINALIZE_INTERNAL_NODE_NODE_WAIT_H_

#include <cstdint>

#include "finalize/internal/node/node.h"

namespace finalize_internal {

// Sleeps while (word & mask) == value. `deadline` is in nanoseconds of
// CLOCK_MONOTONIC. Returns false if the deadline comes first. The node is, or
// was, published. The caller holds no lock.
bool WaitWhile(Node* node, uint64_t mask, uint64_t value, uint64_t deadline);

// Wakes the threads that sleep on the word. Call it after a change of a word
// that had kWaitedFlag.
void WakeWaiters(Node* node);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_NODE_NODE_WAIT_H_
