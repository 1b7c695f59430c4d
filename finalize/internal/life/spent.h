// SPDX-License-Identifier: Apache-2.0

// DestroySpent destroys what the end of an object leaves, at once or, if ends
// are nested deeply, later.
//
// The end of an object runs its callbacks at once, at any depth. A spent
// callback with its bound arguments, and the removed entries of weak
// containers, may own the next object, whose end leaves the next ones. So that
// such a chain uses a bounded stack, destruction nests 64 times and then loops:
//
//    nesting 1 .. 63   destroys at once, in its stack frame
//    nesting 64        destroys at once, and then everything that was deferred,
//                      in that order
//    deeper            is deferred, on a list of the thread, if there are only
//                      destructors of spent objects in between
//
// If a callback is between two destructions, the second one is not part of the
// chain and happens at once, because the destructor may refer to the stack
// frame of that callback.
//
// The deferred objects link the list themselves, without a lock or an
// allocation. A nesting is recognized by the address of its stack frame. On
// another stack (of another fiber) it does not count, and destruction happens
// at once.
#ifndef FINALIZE_INTERNAL_LIFE_SPENT_H_
#define FINALIZE_INTERNAL_LIFE_SPENT_H_

#include "finalize/internal/node/core.h"
#include "finalize/internal/node/weak_link.h"

namespace finalize_internal {

// Destroys the callback of a node that belongs to a lifetime, and retires the
// node, now or later. For the end of the lifetime, which has run the callback.
void DestroySpent(Core* core, Node* node) noexcept;

// Destroys the entries that DetachReferent returned, now or later.
void DestroySpent(WeakLink* detached) noexcept;

// Destroys everything that this thread has deferred. Called before events that
// must come after it: the end of a container, a drain, dlclose(), the end of
// the thread, exit().
void DestroyDeferred() noexcept;

// Returns whether the callback of `node` is under way on this thread, or has
// run and waits for its destruction.
bool RunsOnThisThread(const Node* node);

// Returns whether this thread has deferred the destruction of the callback of
// `node`.
bool IsQueued(const Node* node);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_LIFE_SPENT_H_
