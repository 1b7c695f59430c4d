// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/subject/fiber.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>

#include "examples/compare/subject/owner.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__
#endif
#endif

namespace compare {
namespace {

constexpr size_t kStackBytes = 512 * 1024;

// Of the function that entered the fiber.
ucontext_t caller;
// Where the fiber was left; nobody enters it again.
ucontext_t left;

#ifdef __SANITIZE_ADDRESS__
// At the first switch AddressSanitizer says on standard error that it does not
// fully support them. Nothing here depends on that, and the tool compares what
// is said there: so the first switch, to where it is, is one that nobody hears.
void SwitchUnheard() {
  const int heard = dup(STDERR_FILENO);
  const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
  Check(heard >= 0 && null >= 0 && dup2(null, STDERR_FILENO) >= 0, "/dev/null");
  volatile bool back = false;
  ucontext_t here;
  Check(getcontext(&here) == 0, "getcontext");
  if (!back) {
    back = true;
    Check(swapcontext(&left, &here) == 0, "swapcontext");
  }
  Check(dup2(heard, STDERR_FILENO) >= 0, "standard error");
  close(null);
  close(heard);
}
#else
void SwitchUnheard() {}
#endif

}  // namespace

Fiber::Fiber(void (*body)())
    : stack_(mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
  SwitchUnheard();
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
