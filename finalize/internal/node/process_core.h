// SPDX-License-Identifier: Apache-2.0

// The cores that every process has: that of the process registry, and that of
// the callbacks of weak references, which no drain reaches. This header is
// separate, so that the public headers that register need not include core.h.
#ifndef FINALIZE_INTERNAL_NODE_PROCESS_CORE_H_
#define FINALIZE_INTERNAL_NODE_PROCESS_CORE_H_

#include <cstdint>

#include "finalize/export.h"

namespace finalize_internal {

struct Core;

extern Core process_core;  // of id 0
extern Core weak_core;     // of id kWeakCoreId
constexpr uint32_t kWeakCoreId = UINT32_MAX;

// Returns the core of the process registry. It is never null, and can be used
// from the first static constructor to the last static destructor.
FINALIZE_INTERNAL_EXPORT Core* ProcessCore();

// Returns the core of the callbacks of weak references, and of scope guards
// that the process registry has refused. It belongs to no registry, and nothing
// drains it. Call it to register: from then on the process registry belongs to
// this process.
FINALIZE_INTERNAL_EXPORT Core* WeakCore();

// Gives other parts of the library access to the core of a registry.
struct RegistryAccess {
  template <class Registry>
  static Core* CoreOf(const Registry& registry) {
    return registry.core_;
  }
};

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_NODE_PROCESS_CORE_H_
