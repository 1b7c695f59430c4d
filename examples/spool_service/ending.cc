// SPDX-License-Identifier: Apache-2.0

#include "examples/spool_service/ending.h"

#include <signal.h>

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "finalize/options.h"
#include "finalize/process_end.h"

namespace spool_service {

absl::Status PrepareEnd(const Settings& settings) {
  finalize::ExitOptions options;
  options.deadline = settings.grace;
  absl::Status status = finalize::SetExitOptions(options);
  if (!status.ok()) return status;

  finalize::ExitHooks hooks;
  hooks.usual_signals = false;  // SIGHUP is a reload
  hooks.signals = {SIGTERM, SIGINT};
  // What a supervisor expects of a service that it has asked to end.
  hooks.signal_exit_code = 0;
  hooks.signal_failure_exit_code = 1;
  hooks.flush_stdio = true;
  hooks.crash = settings.crash_tier;
  // A busy service has hundreds of uploads to remove: two seconds, the default,
  // are too short on a slow disk.
  hooks.crash_limit = std::min(settings.grace, absl::Minutes(1));
  return finalize::InstallExitHooks(hooks);
}

void StopFirst(std::string_view name, std::function<void()> stop) {
  finalize::AtExit(
      finalize::Options(name).set_phase(finalize::kStopAcceptingPhase),
      std::move(stop));
}

finalize::InFlight* NewRequests() {
  finalize::InFlightOptions options;
  options.later_share = 0.25;
  return new finalize::InFlight("finish requests", options);
}

void EndNow() { finalize::EndBySignal(SIGTERM); }

}  // namespace spool_service
