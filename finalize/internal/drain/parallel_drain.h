// SPDX-License-Identifier: Apache-2.0

// DrainPhaseInParallel drains one phase on helper threads.
#ifndef FINALIZE_INTERNAL_DRAIN_PARALLEL_DRAIN_H_
#define FINALIZE_INTERNAL_DRAIN_PARALLEL_DRAIN_H_

#include <optional>

#include "finalize/internal/drain/drain_context.h"
#include "finalize/internal/node/core.h"

namespace finalize_internal {

// Runs the finalizers of one phase that the drain may run, on helper threads.
// Returns false if the deadline comes first; callbacks that still run then are
// abandoned to their threads, and reported. Returns nullopt if there is no
// memory for helper threads.
std::optional<bool> DrainPhaseInParallel(Core* core, int phase,
                                         DrainContext* context);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_DRAIN_PARALLEL_DRAIN_H_
