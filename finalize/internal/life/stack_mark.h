// SPDX-License-Identifier: Apache-2.0

// A StackMark on a stack shows that a callback runs there.
//
// The frames of a thread (frames.h) tell which callbacks began on it. Such a
// callback may be suspended meanwhile, or may have resumed on another thread.
// Only the stack tells whether it is running right here. The mark is in the
// stack frame of the function that calls the callback, one of those that
// HasStackMark (run.h) knows; other stack frames are not searched, because
// longjmp() may have left old marks there. The unwinder finds the mark; nothing
// points to it.
#ifndef FINALIZE_INTERNAL_LIFE_STACK_MARK_H_
#define FINALIZE_INTERNAL_LIFE_STACK_MARK_H_

#include <cstdint>

#include "finalize/internal/node/node.h"

namespace finalize_internal {

struct Core;

class StackMark {
 public:
  StackMark(const Node* node, uint64_t generation)
      : node_(node), check_(CheckFor(generation, this)) {
    asm volatile("" : : "r"(this), "m"(node_), "m"(check_) : "memory");
  }
  ~StackMark() {
    asm volatile("" : : "r"(this), "m"(node_), "m"(check_) : "memory");
  }
  StackMark(const StackMark&) = delete;
  StackMark& operator=(const StackMark&) = delete;

  // Returns the word that follows the node in a mark at `where`.
  static uint64_t CheckFor(uint64_t generation, const void* where) {
    return generation ^ 0x51f0b3a7c2d96e84u ^
           reinterpret_cast<uintptr_t>(where);
  }

 private:
  const Node* const node_;
  const uint64_t check_;
};

// Returns whether the callback of `ref` has called, at any depth, the caller of
// this function. Takes some microseconds. Returns false if the unwinder cannot
// go so far.
bool IsOnThisStack(const NodeRef& ref);

// Returns whether a callback of `core` is on this very stack, and so certainly
// running.
bool IsBelowCallbackOf(const Core* core);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_LIFE_STACK_MARK_H_
