// Modules: shared objects that may be unmapped while the process goes on.
#ifndef FINALIZE_INTERNAL_UNLOAD_MODULE_H_
#define FINALIZE_INTERNAL_UNLOAD_MODULE_H_

#include <cstdint>

#include "finalize/internal/base/requirements.h"

namespace finalize_internal {

// Where a module lies.
struct Module {
  bool Contains(const void* address) const {
    const uintptr_t at = reinterpret_cast<uintptr_t>(address);
    return at >= begin && at < end;
  }
  uintptr_t begin = 0;
  uintptr_t end = 0;
  bool is_program = false;
};

// The module that holds `address`; an empty one if none does.
Module ModuleOf(const void* address);

// Makes dlclose() leave the module that holds `address` where it is. False
// where that cannot be done.
bool KeepMapped(const void* address);

// Runs what the module that holds `address` has registered, in every registry:
// that whose callback's table lies in it. Waits for what other threads run of
// it. Callbacks of weak references are destroyed unrun; and all are where the
// process is past its exit drain on this thread, or `exits`, and has none.
void UnloadModule(const void* address, bool exits) noexcept;

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_UNLOAD_MODULE_H_
