// ExitOptions::deadline for a thread that must not take a lock.
#ifndef FINALIZE_INTERNAL_EXIT_DEADLINE_H_
#define FINALIZE_INTERNAL_EXIT_DEADLINE_H_

#include "absl/time/time.h"

namespace finalize_internal {

// Defined beside the options. Async-signal-safe.
absl::Duration ExitDeadline();

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_EXIT_DEADLINE_H_
