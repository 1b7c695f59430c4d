// The registries that every process has: the process registry, and the one of
// the callbacks of weak references. A header of its own, so that the public
// headers that register need not include core.h.
#ifndef FINALIZE_INTERNAL_NODE_PROCESS_CORE_H_
#define FINALIZE_INTERNAL_NODE_PROCESS_CORE_H_

#include <cstdint>

namespace finalize_internal {

struct Core;

extern Core process_core;  // of id 0
extern Core weak_core;     // of id kWeakCoreId
constexpr uint32_t kWeakCoreId = UINT32_MAX;

// Returns the core of the process registry; never null, and good from the
// first static constructor to the last static destructor.
Core* ProcessCore();

// Returns the core of the callbacks of weak references: no registry has it, and
// nothing drains it. For one that registers: the process registry is this
// process's from then on.
Core* WeakCore();

// The core of a registry, for those parts of the library that look into one.
struct RegistryAccess {
  template <class Registry>
  static Core* CoreOf(const Registry& registry) {
    return registry.core_;
  }
};

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_NODE_PROCESS_CORE_H_
