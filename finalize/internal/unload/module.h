// SPDX-License-Identifier: Apache-2.0

// Modules: shared objects that may be unmapped while the process continues.
#ifndef FINALIZE_INTERNAL_UNLOAD_MODULE_H_
#define FINALIZE_INTERNAL_UNLOAD_MODULE_H_

#include <cstdint>

#include "finalize/export.h"
#include "finalize/internal/base/requirements.h"

namespace finalize_internal {

// The addresses of a module.
struct Module {
  bool Contains(const void* address) const {
    const uintptr_t at = reinterpret_cast<uintptr_t>(address);
    return at >= begin && at < end;
  }
  uintptr_t begin = 0;
  uintptr_t end = 0;
  bool is_program = false;
};

// Returns the module that contains `address`; an empty one if none does.
Module ModuleOf(const void* address);

// Makes dlclose() keep the module that contains `address` mapped. Returns false
// if that is not possible.
FINALIZE_INTERNAL_EXPORT bool KeepMapped(const void* address);

// Runs the finalizers that the module which contains `address` has registered,
// in every registry: those whose callback's table lies in it. Waits for those
// that other threads are running. Callbacks of weak references are destroyed
// without running. So are all finalizers if the process is past its exit drain
// on this thread, or if `exits` and the library was not used.
FINALIZE_INTERNAL_EXPORT void UnloadModule(const void* address,
                                           bool exits) noexcept;

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_UNLOAD_MODULE_H_
