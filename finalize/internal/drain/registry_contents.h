// SPDX-License-Identifier: Apache-2.0

// Operations on all pending finalizers of a registry.
#ifndef FINALIZE_INTERNAL_DRAIN_REGISTRY_CONTENTS_H_
#define FINALIZE_INTERNAL_DRAIN_REGISTRY_CONTENTS_H_

#include <cstddef>

#include "finalize/export.h"
#include "finalize/internal/life/registration.h"
#include "finalize/internal/node/core.h"

namespace finalize_internal {

// Moves the pending finalizers of `from` to `to`. Each keeps its sequence, and
// peeks continue. If refused, nothing has moved, except with kNoMemory, or with
// kClosed if a drain of `to` has begun meanwhile: then a part may have moved.
Refusal MovePending(Core* from, Core* to);

// Which pending finalizers to destroy.
enum class DestroyScope { kAll, kWithoutLifetime };

// Claims and destroys pending finalizers in drain order, without running them.
// Returns how many. Finalizers of a lifetime may be kept; they still run when
// it ends.
FINALIZE_INTERNAL_EXPORT size_t DestroyPending(Core* core, DestroyScope scope);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_DRAIN_REGISTRY_CONTENTS_H_
