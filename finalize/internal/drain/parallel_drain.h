// One phase of a drain on several threads.
#ifndef FINALIZE_INTERNAL_DRAIN_PARALLEL_DRAIN_H_
#define FINALIZE_INTERNAL_DRAIN_PARALLEL_DRAIN_H_

#include <optional>

#include "finalize/internal/drain/drain_context.h"
#include "finalize/internal/node/core.h"

namespace finalize_internal {

// Runs what the drain may run of one phase, on helper threads. Returns false
// where the deadline came first; what still runs then is left to its thread,
// and noted. Nothing where there is no memory for helper threads.
std::optional<bool> DrainPhaseInParallel(Core* core, int phase,
                                         DrainContext* context);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_DRAIN_PARALLEL_DRAIN_H_
