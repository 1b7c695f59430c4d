// FINALIZE_EXIT_DEADLINE: the deadline of the process's end as the environment
// wants it.
#ifndef FINALIZE_INTERNAL_SYSTEM_DEADLINE_OVERRIDE_H_
#define FINALIZE_INTERNAL_SYSTEM_DEADLINE_OVERRIDE_H_

#include <optional>

#include "absl/time/time.h"

namespace finalize_internal {

// The value of the variable. Read once, in the first call; a value that is no
// finite, positive duration is refused there, with a message. An empty one is
// as none.
std::optional<absl::Duration> DeadlineFromEnvironment();

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_SYSTEM_DEADLINE_OVERRIDE_H_
