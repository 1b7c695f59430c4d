// Bracket: a call that this thread is in, known by the address of its frame.
//
// A flag of the thread, set before the call and reset after it, would be wrong
// as soon as the call is suspended (on a fibre, say): the thread goes on with
// it set, and another thread resets its own. So the variable of the thread
// holds the frame, and a frame that is no possible callee of that is not in the
// call.
#ifndef FINALIZE_INTERNAL_BASE_BRACKET_H_
#define FINALIZE_INTERNAL_BASE_BRACKET_H_

#include <cstdint>
#include <utility>

namespace finalize_internal {

// Whether a frame at `inner` can be a callee of the one at `outer` (null: of
// none): more than such calls take, and less than lies between most stacks.
inline bool CanHold(const char* outer, const char* inner) {
  constexpr uintptr_t kFarthest = 256 * 1024;
  return outer != nullptr && reinterpret_cast<uintptr_t>(outer) -
                                     reinterpret_cast<uintptr_t>(inner) <
                                 kFarthest;
}

// Returns the variable of this thread: a FINALIZE_OWN_FRAME function.
using BracketOfThread = const char** (*)();

class BracketScope {
 public:
  BracketScope(BracketOfThread bracket, const char* frame)
      : bracket_(bracket),
        frame_(frame),
        outer_(std::exchange(*bracket(), frame)) {}
  // On another thread, or where a later call is suspended, there is nothing to
  // reset.
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
