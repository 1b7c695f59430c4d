#include "finalize/exit_time.h"

#include "finalize/internal/end/process_drain.h"

namespace finalize {

absl::Duration ExitTimeLeft() { return finalize_internal::EndTimeLeft(); }

}  // namespace finalize
