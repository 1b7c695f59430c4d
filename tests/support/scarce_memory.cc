// SPDX-License-Identifier: Apache-2.0

#include "tests/support/scarce_memory.h"

#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

thread_local bool scarce = false;
thread_local int left = 0;  // before one fails
thread_local bool goes_on_failing = false;
thread_local int failed = 0;

void* Allocate(size_t size) {
  if (scarce && left-- <= 0 && (failed == 0 || goes_on_failing)) {
    ++failed;
    return nullptr;
  }
  return malloc(size);
}

}  // namespace

void* operator new(size_t size) {
  void* const memory = Allocate(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  return Allocate(size);
}
void operator delete(void* memory) noexcept { free(memory); }
void operator delete(void* memory, size_t) noexcept { free(memory); }

namespace finalize_test {

ScarceMemory::ScarceMemory(int allowed, Failing failing) {
  left = allowed;
  goes_on_failing = failing == kRestFail;
  failed = 0;
  scarce = true;
}

ScarceMemory::~ScarceMemory() { scarce = false; }

bool ScarceMemory::sufficed() const { return failed == 0; }

}  // namespace finalize_test
