// StackMark: says, on a stack, that a callback runs there.
//
// The frames of a thread (frames.h) tell which callbacks began on it. One may
// be suspended meanwhile, or have been resumed on another thread; whether it is
// running right here is told by the stack alone. The mark lies in the frame of
// the function that calls the callback, one of those that HasStackMark (run.h)
// knows: elsewhere on the stack may lie what longjmp() left. It is found by
// going up the stack with the unwinder, and linked to nothing.
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

  // What is behind the node at `where`.
  static uint64_t CheckFor(uint64_t generation, const void* where) {
    return generation ^ 0x51f0b3a7c2d96e84u ^
           reinterpret_cast<uintptr_t>(where);
  }

 private:
  const Node* const node_;
  const uint64_t check_;
};

// Whether the callback of `ref` has called, at any depth, what calls this.
// Takes some microseconds; false where the unwinder cannot go so far.
bool IsOnThisStack(const NodeRef& ref);

// Whether a callback of `core` lies on this very stack: it is running, no
// doubt.
bool IsBelowCallbackOf(const Core* core);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_LIFE_STACK_MARK_H_
