#include "finalize/exit_options.h"

#include "absl/base/attributes.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "finalize/internal/base/exit_deadline.h"
#include "finalize/internal/base/lock.h"

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

// Returns the rule that `options` break, or null.
const char* BrokenRule(const ExitOptions& options) {
  if (options.deadline <= absl::ZeroDuration() ||
      options.deadline == absl::InfiniteDuration()) {
    return "ExitOptions::deadline must be finite and positive";
  }
  if (options.failure_exit_code < 0 || options.failure_exit_code > 255) {
    return "ExitOptions::failure_exit_code must be from 0 to 255";
  }
  if (options.threads < 0) return "ExitOptions::threads must not be negative";
  if (options.phase_limit <= absl::ZeroDuration()) {
    return "ExitOptions::phase_limit must be positive";
  }
  if (options.notice <= absl::ZeroDuration()) {
    return "ExitOptions::notice must be positive";
  }
  if (!(options.temp_dir_share >= 0 && options.temp_dir_share <= 1)) {
    return "ExitOptions::temp_dir_share must be from 0 to 1";
  }
  if (options.take_over < absl::ZeroDuration()) {
    return "ExitOptions::take_over must not be negative";
  }
  return nullptr;
}

}  // namespace

absl::Status SetExitOptions(const ExitOptions& options) {
  if (const char* const rule = BrokenRule(options)) {
    return absl::InvalidArgumentError(rule);
  }
  LockHolder lock(LockAt(kExitLock));
  current = options;
  finalize_internal::SetExitDeadline(options.deadline);
  return absl::OkStatus();
}

ExitOptions GetExitOptions() {
  LockHolder lock(LockAt(kExitLock));
  return current;
}

}  // namespace finalize
