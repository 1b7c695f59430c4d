#include "finalize/exit_options.h"

#include "absl/base/attributes.h"
#include "finalize/internal/check.h"
#include "finalize/internal/exit_deadline.h"
#include "finalize/internal/lock.h"

namespace finalize {
namespace {

using finalize_internal::kExitLock;
using finalize_internal::LockAt;
using finalize_internal::LockHolder;

// Good from the first static constructor until the last instruction of the
// process.
ABSL_CONST_INIT ExitOptions current ABSL_GUARDED_BY(LockAt(kExitLock));

// What exit_deadline.cc begins with.
static_assert(ExitOptions().deadline == absl::Seconds(20));

}  // namespace

void SetExitOptions(const ExitOptions& options) {
  finalize_internal::Check(options.deadline > absl::ZeroDuration() &&
                               options.deadline < absl::InfiniteDuration(),
                           "ExitOptions::deadline must be finite and positive");
  finalize_internal::Check(
      options.failure_exit_code >= 0 && options.failure_exit_code <= 255,
      "ExitOptions::failure_exit_code must be from 0 to 255");
  finalize_internal::Check(options.threads >= 0,
                           "ExitOptions::threads must not be negative");
  finalize_internal::Check(options.phase_limit > absl::ZeroDuration(),
                           "ExitOptions::phase_limit must be positive");
  finalize_internal::Check(options.notice > absl::ZeroDuration(),
                           "ExitOptions::notice must be positive");
  finalize_internal::Check(
      options.temp_dir_share >= 0 && options.temp_dir_share <= 1,
      "ExitOptions::temp_dir_share must be from 0 to 1");
  finalize_internal::Check(options.take_over >= absl::ZeroDuration(),
                           "ExitOptions::take_over must not be negative");
  LockHolder lock(LockAt(kExitLock));
  current = options;
  finalize_internal::SetExitDeadline(options.deadline);
}

ExitOptions GetExitOptions() {
  LockHolder lock(LockAt(kExitLock));
  return current;
}

}  // namespace finalize
