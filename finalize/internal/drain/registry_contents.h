// What is done to all pending finalizers of a registry at once.
#ifndef FINALIZE_INTERNAL_DRAIN_REGISTRY_CONTENTS_H_
#define FINALIZE_INTERNAL_DRAIN_REGISTRY_CONTENTS_H_

#include <cstddef>

#include "finalize/internal/life/registration.h"
#include "finalize/internal/node/core.h"

namespace finalize_internal {

// Moves what is pending in `from` to `to`; each keeps its sequence, and peeks
// go on. Refused as a whole, but for kNoMemory, where part has moved.
Refusal MovePending(Core* from, Core* to);

// Which pending finalizers to destroy.
enum class DestroyScope { kAll, kWithoutLifetime };

// Claims and destroys pending finalizers, unrun, in drain order, and returns
// how many. Those on a lifetime may be kept: they still run when it ends.
size_t DestroyPending(Core* core, DestroyScope scope);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_DRAIN_REGISTRY_CONTENTS_H_
