// SPDX-License-Identifier: Apache-2.0

// Drains one registry.
//
// A drain repeats one step until there is nothing left that it may run: find
// the finalizer that comes first (drain_cursor.h), claim it, and run it with no
// lock held (drain_step.h).
//
// If a phase exceeds its limit, the drain passes it: the remaining finalizers
// of the phase are set aside, and reported at the end.
#ifndef FINALIZE_INTERNAL_DRAIN_DRAIN_H_
#define FINALIZE_INTERNAL_DRAIN_DRAIN_H_

#include <cstdint>
#include <optional>

#include "finalize/internal/drain/drain_context.h"
#include "finalize/internal/node/core.h"
#include "finalize/report.h"

namespace finalize_internal {

// Whether a drain waits for callbacks on other threads, until its deadline.
enum class Waiting { kIfOutermost, kAlways, kNever };

// Drains `core`. No exception escapes. `limit`, in the units of
// DrainContext::deadline, applies in addition to the deadline of the options.
finalize::Report DrainCore(Core* core, const finalize::DrainOptions& options,
                           Waiting waiting,
                           uint64_t limit = UINT64_MAX) noexcept;

// The beginning and the end of every drain. The end of the last drain under way
// opens the registry again. A caller that begins a drain around others keeps
// the registry closed between them.
void BeginDrain(Core* core);
void EndDrain(Core* core);

// For a callback that waits for threads that register, and drains in `phase`:
// until the next phase begins, other threads may register below this one, even
// if it is the last. What they register joins the drain.
void OpenBelow(Core* core, int phase);

// Drains the core of a child registry. Called by the child's entry in the
// parent, whose callable is at `callable`. If the parent's drain runs that
// entry, its options and deadline apply, and the results are added to its
// report.
void DrainChild(Core* child, const void* callable,
                const finalize::Cause& cause) noexcept;

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_DRAIN_DRAIN_H_
