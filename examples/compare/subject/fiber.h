// SPDX-License-Identifier: Apache-2.0

// Fiber: a function on a stack of its own that is left before it ends, as a
// coroutine or a green thread is.
//
//   Fiber fiber([] {
//     Dir dir = MakeDir<Dir>();
//     Fiber::Suspend();
//   });
//   fiber.Start();  // returns when it is suspended
//
// Its end unmaps its stack with all that lies there, and destroys none of it.
#ifndef EXAMPLES_COMPARE_SUBJECT_FIBER_H_
#define EXAMPLES_COMPARE_SUBJECT_FIBER_H_

#include <ucontext.h>

namespace compare {

class Fiber {
 public:
  explicit Fiber(void (*body)());
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // Enters it. There is one at a time.
  void Start();
  // Leaves it for good. Of the running one.
  static void Suspend();

 private:
  void* stack_;
  ucontext_t own_;
};

}  // namespace compare

#endif  // EXAMPLES_COMPARE_SUBJECT_FIBER_H_
