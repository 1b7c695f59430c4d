// One drain of one registry.
//
// It repeats one step until nothing is left that it may run: find the
// finalizer that comes first (drain_cursor.h), claim that, run it with no lock
// held (drain_step.h).
//
// A phase that outlives its limit, if it has one, is passed by: what is left of
// it is set aside, and reported at the end with the rest.
#ifndef FINALIZE_INTERNAL_DRAIN_DRAIN_H_
#define FINALIZE_INTERNAL_DRAIN_DRAIN_H_

#include <cstdint>
#include <optional>

#include "finalize/internal/drain/drain_context.h"
#include "finalize/internal/node/core.h"
#include "finalize/report.h"

namespace finalize_internal {

// Whether a drain waits, to its deadline, for callbacks on other threads.
enum class Waiting { kIfOutermost, kAlways, kNever };

// Drains `core`; never lets anything escape. `limit`, as
// DrainContext::deadline, holds beside the deadline of the options.
finalize::Report DrainCore(Core* core, const finalize::DrainOptions& options,
                           Waiting waiting,
                           uint64_t limit = UINT64_MAX) noexcept;

// Every drain begins and ends so. The end of the last one opens the registry
// again: what begins a drain around others keeps it closed after them.
void BeginDrain(Core* core);
void EndDrain(Core* core);

// Drains the core of a child registry from its entry in the parent, whose
// callable lies at `callable`. In the parent's drain: with the options of that,
// to its deadline, and into its report.
void DrainChild(Core* child, const void* callable,
                const finalize::Cause& cause) noexcept;

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_DRAIN_DRAIN_H_
