// SPDX-License-Identifier: Apache-2.0

#include "finalize/process_end.h"

#include "finalize/internal/end/current_exit_options.h"
#include "finalize/internal/end/end_deadline.h"
#include "finalize/internal/end/end_state.h"

namespace finalize {
namespace {

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
  finalize_internal::ReplaceExitOptions(options);
  return absl::OkStatus();
}

ExitOptions GetExitOptions() { return finalize_internal::CurrentExitOptions(); }

absl::Duration ExitTimeLeft() { return finalize_internal::EndTimeLeft(); }

bool IsExitingThread() { return finalize_internal::ExitsHere(); }

}  // namespace finalize
