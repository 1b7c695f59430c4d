// ExitTimeLeft: how long a callback that can be cut short may still take when
// the process ends.
//
//   finalize::AtExit("send what is queued", [&] {
//     queue.SendUntil(absl::Now() + finalize::ExitTimeLeft());
//   });
//
// One that goes on for a second beyond the deadline is ended by the watchdog,
// and the process with it (exit_options.h). Callbacks below the caller's phase
// share what is left.
//
// Thread-safe.
#ifndef FINALIZE_EXIT_TIME_H_
#define FINALIZE_EXIT_TIME_H_

#include "absl/time/time.h"
#include "finalize/requirements.h"

namespace finalize {

// What is left to the drains of this process's end; zero once their deadline
// has passed. As long as no such drain has begun, all of what
// ExitOptions::deadline or FINALIZE_EXIT_DEADLINE grants. Never infinite.
absl::Duration ExitTimeLeft();

}  // namespace finalize

#endif  // FINALIZE_EXIT_TIME_H_
