// The end of a claimed finalizer: its callback is destroyed and its node freed,
// it is pending again, or its drain has let it go.
#ifndef FINALIZE_INTERNAL_LIFE_FINISH_H_
#define FINALIZE_INTERNAL_LIFE_FINISH_H_

#include "finalize/internal/node/core.h"
#include "finalize/internal/node/node.h"

namespace finalize_internal {

// Ends a run that succeeded, outside of any drain: the callback is destroyed
// and the node is freed.
void FinishRan(Core* core, Node* node);
// The same at the end of the lifetime: the destruction may be put off
// (spent.h).
void FinishAtEnd(Core* core, Node* node);
// Ends one that failed: pending again if it is retryable, else as
// `finish`, one of these two, does. Returns whether it is pending again.
bool FinishFailed(Core* core, Node* node,
                  void (*finish)(Core*, Node*) = &FinishRan);

// The steps of these, for a drain whose threads may be left behind.
inline bool IsRetryable(const Node* node) {
  return (node->word.load(std::memory_order_relaxed) & kRetryableFlag) != 0;
}
// Makes a running node pending again, at its old place, or behind the set aside
// ones: if `set_aside`, or while a drain is under way. Not one that its drain
// has let go: its registry may be gone.
bool ReturnToPending(Core* core, Node* node, bool set_aside);
void DestroyCallback(Node* node);
// Takes a node whose callback is destroyed off its lists, frees it, and gives
// its frame back. Returns false where its drain, or a thread in exit(), had let
// it go.
bool Retire(Core* core, Node* node);
// Gives the frame alone back: where a callback or its destructor has come back
// in a forked child, in which its node is nobody's.
void DropFrame(Node* node);
// Destroys the callback and retires the node.
bool DestroyAndRetire(Core* core, Node* node);

// Lets a running node go: it is on no list any more, and the thread that runs
// it will free it without looking at its core. False if it has ended.
bool Abandon(Core* core, const NodeRef& ref);

// Counts a failed run. For the thread that runs the node.
void CountFailure(Core* core, const Node* node);

// Frees a node that is on no list and holds no callable.
void FreeNode(Node* node);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_LIFE_FINISH_H_
