// SPDX-License-Identifier: Apache-2.0

// Tells LeakSanitizer, if the program has it, where pointers are. It does not
// look for them in memory that comes from mmap(), as that of finalizers does.
#ifndef FINALIZE_INTERNAL_BASE_LEAK_SANITIZER_H_
#define FINALIZE_INTERNAL_BASE_LEAK_SANITIZER_H_

#include <cstddef>

namespace finalize_internal {

// Returns whether the program has it.
bool HasLeakSanitizer();

// From now on, what is reachable from this memory is not a leak. Call it only
// if HasLeakSanitizer().
void LookForPointersIn(const void* memory, size_t size);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_BASE_LEAK_SANITIZER_H_
