// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/crash/crash_stack.h"

#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>

namespace finalize_internal {
namespace {

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif

// Room for the handler and what it calls, in addition to what the kernel puts
// there.
constexpr size_t kRoom = 64 << 10;

size_t PageSize() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }

// The stack of one thread, which it unmaps when it ends.
class OwnStack {
 public:
  ~OwnStack() {
    // The first thread still has exit handlers to run.
    if (block_ == nullptr || syscall(SYS_gettid) == getpid()) return;
    stack_t now;
    if (sigaltstack(nullptr, &now) == 0 && now.ss_sp == Base()) {
      stack_t none = {};
      none.ss_flags = SS_DISABLE;
      sigaltstack(&none, nullptr);
    }
    munmap(block_, size_);
  }

  bool Install() {
    const size_t page = PageSize();
    const size_t room = kRoom + getauxval(AT_MINSIGSTKSZ);
    const size_t size = (room + page - 1) / page * page + page;
    void* const block = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (block == MAP_FAILED) return false;
    block_ = static_cast<char*>(block);
    size_ = size;
    stack_t stack = {};
    stack.ss_sp = Base();
    stack.ss_size = size - page;
    return mprotect(block, page, PROT_NONE) == 0 &&
           sigaltstack(&stack, nullptr) == 0;
  }

  bool installed() const { return block_ != nullptr; }

 private:
  char* Base() const { return block_ + PageSize(); }

  char* block_ = nullptr;
  size_t size_ = 0;
};

thread_local OwnStack own_stack;

}  // namespace

bool AddCrashStack() {
  stack_t now;
  if (sigaltstack(nullptr, &now) != 0) return false;
  if ((now.ss_flags & SS_DISABLE) == 0) return true;
  if (own_stack.installed()) return false;  // the program took it away
  return own_stack.Install();
}

}  // namespace finalize_internal
