// Spent: what a death leaves to be destroyed, at once or, deep down, later.
//
// The end of an object runs its callbacks at once, at any depth. What is spent
// then, a callback with its bound arguments or the entries of weak containers,
// may own the next object, whose end leaves the next thing. So that such a
// chain takes a bounded stack, destruction nests 64 times and then loops:
//
//    nesting 1 .. 63   destroys in its frame
//    nesting 64        the same, and then what was put off, in that order
//    deeper            if nothing but destructors of what is spent lies
//                      between: is put off, on a list of the thread
//
// Where a callback lies between, the death is one of its own, and what it
// leaves is destroyed at once: its destructor may refer to that frame.
//
// The list is linked through what is on it. No lock and no allocation. A
// nesting is known by the address of its frame: on a stack where it cannot lie
// (another fibre's) it does not count, and destruction is at once.
#ifndef FINALIZE_INTERNAL_LIFE_SPENT_H_
#define FINALIZE_INTERNAL_LIFE_SPENT_H_

#include "finalize/internal/node/core.h"
#include "finalize/internal/node/weak_link.h"

namespace finalize_internal {

// Destroys the callback of a node that belongs to a lifetime, and retires the
// node; or puts that off. For the end of the lifetime, which has run it.
void DestroySpent(Core* core, Node* node) noexcept;

// Destroys what DetachReferent returned, or puts that off.
void DestroySpent(WeakLink* detached) noexcept;

// Destroys what this thread has put off. For whatever must not come before it:
// the end of a container, a drain, dlclose(), the end of the thread, exit().
void DestroyDeferred() noexcept;

// Whether the callback of `node` is under way on this thread, or has run and
// waits for its destruction.
bool RunsOnThisThread(const Node* node);

// Whether this thread has put off the destruction of the callback of `node`.
bool IsQueued(const Node* node);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_LIFE_SPENT_H_
