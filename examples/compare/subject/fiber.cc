// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/subject/fiber.h"

#include <sys/mman.h>

#include <cstddef>

#include "examples/compare/subject/owner.h"

namespace compare {
namespace {

constexpr size_t kStackBytes = 512 * 1024;

// Of the function that entered the fiber.
ucontext_t caller;
// Where the fiber was left; nobody enters it again.
ucontext_t left;

}  // namespace

Fiber::Fiber(void (*body)())
    : stack_(mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
  Check(stack_ != MAP_FAILED && getcontext(&own_) == 0, "a fiber");
  own_.uc_stack.ss_sp = stack_;
  own_.uc_stack.ss_size = kStackBytes;
  own_.uc_link = &caller;
  makecontext(&own_, body, 0);
}

Fiber::~Fiber() { munmap(stack_, kStackBytes); }

void Fiber::Start() { Check(swapcontext(&caller, &own_) == 0, "swapcontext"); }

void Fiber::Suspend() {
  Check(swapcontext(&left, &caller) == 0, "swapcontext");
}

}  // namespace compare
