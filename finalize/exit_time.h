// ExitTimeLeft returns how long a callback may still take when the process
// ends, for work that can be cut short.
//
//   finalize::AtExit("send queue", [&] {
//     queue.SendUntil(absl::Now() + finalize::ExitTimeLeft());
//   });
//
// If the callback continues for a second beyond the deadline, the watchdog ends
// the process (exit_options.h). Callbacks of lower phases share the time that
// it leaves.
//
// Thread-safe.
#ifndef FINALIZE_EXIT_TIME_H_
#define FINALIZE_EXIT_TIME_H_

#include "absl/time/time.h"
#include "finalize/internal/base/requirements.h"

namespace finalize {

// Returns the time that remains for the drains at the end of this process, or
// zero if their deadline has passed. If no such drain has begun, returns all of
// the time that ExitOptions::deadline or FINALIZE_EXIT_DEADLINE grants. Never
// returns an infinite duration.
absl::Duration ExitTimeLeft();

}  // namespace finalize

#endif  // FINALIZE_EXIT_TIME_H_
