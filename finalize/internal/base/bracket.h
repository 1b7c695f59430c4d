// SPDX-License-Identifier: Apache-2.0

// BracketScope marks that this thread is inside a certain call. It records the
// address of the stack frame of that call.
//
// A thread-local flag, set before the call and reset after it, would be wrong
// as soon as the call is suspended (on a fiber, for example): the thread
// continues with the flag set, and the thread on which the call resumes resets
// its own flag. So the thread-local variable holds the address of the frame.
// Code is inside the call only if its own frame can be a callee of that frame.
#ifndef FINALIZE_INTERNAL_BASE_BRACKET_H_
#define FINALIZE_INTERNAL_BASE_BRACKET_H_

#include <cstdint>
#include <utility>

namespace finalize_internal {

// Returns whether a frame at `inner` can be a callee of the frame at `outer`
// (null: there is none). kFarthest is more stack than such calls use, and less
// than the distance between most stacks.
inline bool CanHold(const char* outer, const char* inner) {
  constexpr uintptr_t kFarthest = 256 * 1024;
  return outer != nullptr && reinterpret_cast<uintptr_t>(outer) -
                                     reinterpret_cast<uintptr_t>(inner) <
                                 kFarthest;
}

// A FINALIZE_OWN_FRAME function that returns the thread-local variable.
using BracketOfThread = const char** (*)();

class BracketScope {
 public:
  BracketScope(BracketOfThread bracket, const char* frame)
      : bracket_(bracket),
        frame_(frame),
        outer_(std::exchange(*bracket(), frame)) {}
  // Resets nothing if the call ends on another thread, or if a later call of
  // this thread is suspended.
  ~BracketScope() {
    if (*bracket_() == frame_) *bracket_() = outer_;
  }
  BracketScope(const BracketScope&) = delete;
  BracketScope& operator=(const BracketScope&) = delete;

 private:
  const BracketOfThread bracket_;
  const char* const frame_;
  const char* const outer_;
};

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_BASE_BRACKET_H_
