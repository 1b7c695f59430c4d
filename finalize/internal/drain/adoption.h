// Adoption: what a process has inherited becomes its own.
//
// Epochs grow along a line of descent. The process registry's epoch is that of
// the last process of the line that used the library: what was registered from
// then on is adopted, as a whole or not at all.
#ifndef FINALIZE_INTERNAL_DRAIN_ADOPTION_H_
#define FINALIZE_INTERNAL_DRAIN_ADOPTION_H_

#include <cstddef>
#include <cstdint>

#include "finalize/internal/base/requirements.h"

namespace finalize_internal {

enum class Adoption {
  kDone,
  kNothingInherited,  // by this process: the registry is its own
  kForsaken,          // some of it is let go of: see ForbidAdopting
  kCaughtHalfWay,     // the fork ran no fork hook, which would hold the locks
  kNoExitHook,
};

// What runs is collected first, then every list is taken over under all locks:
// other threads of this process may only look at handles meanwhile.
//
// Makes every inherited pending finalizer this process's own, in every
// registry, and every callback of a weak reference, and counts them. What other
// threads of the parent were running is dropped, and reported.
Adoption AdoptInherited(size_t* count);

// An epoch of this process for objects that others keep: the process registry
// is this process's from then on.
uint32_t UseEpoch();
// Whether `epoch` is that of this process, or of one that it adopted from.
bool IsOwnEpoch(uint32_t epoch);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_DRAIN_ADOPTION_H_
