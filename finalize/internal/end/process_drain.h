// The drain at the end of the process, whatever ends it.
#ifndef FINALIZE_INTERNAL_END_PROCESS_DRAIN_H_
#define FINALIZE_INTERNAL_END_PROCESS_DRAIN_H_

#include "absl/time/time.h"
#include "finalize/cause.h"

namespace finalize_internal {

// Drains the process registry, since the process ends by `cause`. Returns to a
// thread that is to end it so. A thread below a drain that comes to a higher
// end (end_state.h) ends the process here, and any other is parked.
// `deadline` counts in the first such drain of the process, for all of them.
//
// In a child that came out of one of the callbacks it returns at once.
void DrainProcess(const finalize::Cause& cause,
                  absl::Duration deadline) noexcept;

// From now on a thread that waits for a lock of the library which it holds
// itself, in a signal handler, does so no longer than a drain that began then.
void GuardVainWaits();

// Whether the deadline of the process's end has passed.
bool PastEndDeadline();

// What is left until then; all of the deadline where no drain has begun.
absl::Duration EndTimeLeft();

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_END_PROCESS_DRAIN_H_
