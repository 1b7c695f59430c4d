// SPDX-License-Identifier: Apache-2.0

// Reads the environment variable FINALIZE_EXIT_DEADLINE, which overrides the
// deadline of the drain at the end of the process.
#ifndef FINALIZE_INTERNAL_SYSTEM_DEADLINE_OVERRIDE_H_
#define FINALIZE_INTERNAL_SYSTEM_DEADLINE_OVERRIDE_H_

#include <optional>

#include "absl/time/time.h"

namespace finalize_internal {

// Returns the value of the variable, or nullopt if it is unset, empty or
// refused. The first call reads it. If the value is not a finite, positive
// duration, that call refuses it with a message.
std::optional<absl::Duration> DeadlineFromEnvironment();

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_SYSTEM_DEADLINE_OVERRIDE_H_
