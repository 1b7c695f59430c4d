// SPDX-License-Identifier: Apache-2.0

// KeepMapped keeps the code of a module mapped until the process ends, for a
// library that starts a thread which is never joined.
//
//   if (finalize::KeepMapped(reinterpret_cast<const void*>(&Serve))) {
//     StartDetached(&Serve);
//   }
//
// From then on dlclose() of that module does nothing, and what the module has
// registered runs at exit (module.h). This cannot be undone.
//
// KeepMapped is not in module.h, because including module.h makes dlclose() run
// what the module has registered.
//
// Thread-safe. It takes the lock of the dynamic linker: call it while you hold
// no lock.
#ifndef FINALIZE_KEEP_MAPPED_H_
#define FINALIZE_KEEP_MAPPED_H_

#include "finalize/internal/unload/module.h"

namespace finalize {

// Returns true if the module that contains `address` stays mapped until the end
// of the process. Returns true for the program itself.
[[nodiscard]] inline bool KeepMapped(const void* address) {
  return finalize_internal::KeepMapped(address);
}

}  // namespace finalize

#endif  // FINALIZE_KEEP_MAPPED_H_
