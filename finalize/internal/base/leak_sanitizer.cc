// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/base/leak_sanitizer.h"

// Declared by <sanitizer/lsan_interface.h>, which not every compiler has. Null
// in a program without LeakSanitizer.
extern "C" __attribute__((weak, visibility("default"))) void
__lsan_register_root_region(const void* memory, size_t size);

namespace finalize_internal {

bool HasLeakSanitizer() { return __lsan_register_root_region != nullptr; }

void LookForPointersIn(const void* memory, size_t size) {
  __lsan_register_root_region(memory, size);
}

}  // namespace finalize_internal
