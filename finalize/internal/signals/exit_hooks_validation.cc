// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/signals/exit_hooks_validation.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "finalize/internal/signals/signal_action.h"

namespace finalize_internal {
namespace {

using finalize::ExitHooks;

constexpr absl::Duration kMaxCrashLimit = absl::Minutes(1);

absl::Status ValidateSignals(const char* field,
                             const std::vector<int>& signals) {
  for (const int signal : signals) {
    if (MayTake(signal)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("ExitHooks::", field, ": ", signal,
                     " is not a signal that asks a process to end"));
  }
  return absl::OkStatus();
}

absl::Status ValidateCodes(const ExitHooks& hooks) {
  if (hooks.signal_exit_code.has_value() &&
      (*hooks.signal_exit_code < 0 || *hooks.signal_exit_code > 255)) {
    return absl::InvalidArgumentError(
        "ExitHooks::signal_exit_code must be from 0 to 255");
  }
  if (hooks.signal_failure_exit_code < 0 ||
      hooks.signal_failure_exit_code > 255) {
    return absl::InvalidArgumentError(
        "ExitHooks::signal_failure_exit_code must be from 0 to 255");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ValidateExitHooks(const ExitHooks& hooks) {
  absl::Status status = ValidateSignals("signals", hooks.signals);
  status.Update(
      ValidateSignals("handled_after_drain", hooks.handled_after_drain));
  status.Update(ValidateCodes(hooks));
  if (!status.ok()) return status;
  if (hooks.repeat_grace < absl::ZeroDuration()) {
    return absl::InvalidArgumentError(
        "ExitHooks::repeat_grace must not be negative");
  }
  if (hooks.crash_limit <= absl::ZeroDuration() ||
      hooks.crash_limit > kMaxCrashLimit) {
    return absl::InvalidArgumentError(
        "ExitHooks::crash_limit must be positive and at most a minute");
  }
  return absl::OkStatus();
}

}  // namespace finalize_internal
