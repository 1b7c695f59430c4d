// SPDX-License-Identifier: Apache-2.0

// Adoption makes the finalizers that a process has inherited its own.
//
// Epochs grow from parent to child. The epoch of the process registry is that
// of the last process in this line that used the library. Everything that was
// registered since that epoch is adopted, as a whole or not at all.
#ifndef FINALIZE_INTERNAL_DRAIN_ADOPTION_H_
#define FINALIZE_INTERNAL_DRAIN_ADOPTION_H_

#include <cstddef>
#include <cstdint>

#include "finalize/export.h"
#include "finalize/internal/base/requirements.h"

namespace finalize_internal {

enum class Adoption {
  kDone,
  kNothingInherited,   // by this process: the registry is its own
  kUnadoptable,        // a part of it was given up: see ForbidAdopting
  kForkedWithoutHook,  // the fork ran no fork hook, which would hold the locks
  kNoExitHook,
};

// First collects what was running, then takes over every list under all locks.
// Meanwhile other threads of this process may only read handles.
//
// Every inherited pending finalizer of every registry, and every callback of a
// weak reference, then belongs to this process. Sets *count to their number.
// The callbacks that other threads of the parent were running are dropped, and
// reported.
Adoption AdoptInherited(size_t* count);

// Returns the epoch of this process, for objects that other code keeps. From
// then on the process registry belongs to this process.
FINALIZE_INTERNAL_EXPORT uint32_t UseEpoch();
// Returns whether `epoch` is that of this process, or of a process that it
// adopted from.
FINALIZE_INTERNAL_EXPORT bool IsOwnEpoch(uint32_t epoch);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_DRAIN_ADOPTION_H_
