// SPDX-License-Identifier: Apache-2.0

// Holds ExitOptions::deadline where threads that must not take a lock can read
// it.
#ifndef FINALIZE_INTERNAL_BASE_EXIT_DEADLINE_H_
#define FINALIZE_INTERNAL_BASE_EXIT_DEADLINE_H_

#include "absl/time/time.h"

namespace finalize_internal {

// Both are async-signal-safe.
absl::Duration ExitDeadline();
void SetExitDeadline(absl::Duration deadline);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_BASE_EXIT_DEADLINE_H_
