// IfMemory: text for people is filled in as far as memory goes.
#ifndef FINALIZE_INTERNAL_IF_MEMORY_H_
#define FINALIZE_INTERNAL_IF_MEMORY_H_

#include <new>

namespace finalize_internal {

// Calls fill(). Where that runs out of memory, what it has done by then stands.
template <class Fill>
void IfMemory(Fill fill) noexcept {
  try {
    fill();
  } catch (const std::bad_alloc&) {
  }
}

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_IF_MEMORY_H_
