// SPDX-License-Identifier: Apache-2.0

// The one deadline of all drains at the end of the process. It counts from the
// first of them, with the options as they are then.
//
// Thread-safe. Takes no lock.
#ifndef FINALIZE_INTERNAL_END_END_DEADLINE_H_
#define FINALIZE_INTERNAL_END_END_DEADLINE_H_

#include <cstdint>

#include "absl/time/time.h"

namespace finalize_internal {

// Starts the time of the process's end if no drain has. Returns when it is
// over, in nanoseconds of CLOCK_MONOTONIC. FINALIZE_EXIT_DEADLINE takes
// precedence over `deadline`.
uint64_t StartEndDeadline(absl::Duration deadline);

// When it was started, for code behind StartEndDeadline.
uint64_t EndStart();

// Returns true if the deadline of the process's end has passed.
bool PastEndDeadline();

// What is left until then; the whole deadline if no drain has begun.
absl::Duration EndTimeLeft();

// `duration` in nanoseconds. UINT64_MAX if it is infinite.
uint64_t ToNanos(absl::Duration duration);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_END_END_DEADLINE_H_
