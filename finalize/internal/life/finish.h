// SPDX-License-Identifier: Apache-2.0

// Finishes a claimed finalizer: its callback is destroyed and its node freed,
// or it is pending again, or its drain abandons it.
#ifndef FINALIZE_INTERNAL_LIFE_FINISH_H_
#define FINALIZE_INTERNAL_LIFE_FINISH_H_

#include "finalize/internal/node/core.h"
#include "finalize/internal/node/node.h"

namespace finalize_internal {

// Ends a run that succeeded, outside of any drain: the callback is destroyed
// and the node is freed.
void FinishRan(Core* core, Node* node);
// The same at the end of the lifetime. The destruction may be deferred
// (spent.h).
void FinishAtEnd(Core* core, Node* node);
// Ends a run that failed: the finalizer is pending again if it is retryable.
// Otherwise calls `finish`, one of the two functions above. Returns whether it
// is pending again.
bool FinishFailed(Core* core, Node* node,
                  void (*finish)(Core*, Node*) = &FinishRan);

// The steps of these functions, for a drain, which may abandon its threads.
inline bool IsRetryable(const Node* node) {
  return (node->word.load(std::memory_order_relaxed) & kRetryableFlag) != 0;
}
// Makes a running node pending again. Puts it at its old position, or, if
// `set_aside` or while a drain is under way, at the end of the nodes that are
// set aside. Returns false, and does nothing, if its drain has abandoned it,
// because its registry may have been destroyed.
bool ReturnToPending(Core* core, Node* node, bool set_aside);
void DestroyCallback(Node* node);
// Takes a node whose callback is destroyed off its lists, frees it, and pops
// its frame. Returns false if its drain, or a thread in exit(), had abandoned
// it.
bool Retire(Core* core, Node* node);
// Only pops the frame. For a callback, or its destructor, that returns in a
// forked child, which does not own its node.
void DropFrame(Node* node);
// Destroys the callback and retires the node.
bool DestroyAndRetire(Core* core, Node* node);

// Abandons a running node: takes it off its list. The thread that runs it will
// free it without reading its core. Returns false if the run has ended.
bool Abandon(Core* core, const NodeRef& ref);

// Counts a failed run. For the thread that runs the node.
void CountFailure(Core* core, const Node* node);

// Frees a node that is on no list and holds no callable.
void FreeNode(Node* node);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_LIFE_FINISH_H_
