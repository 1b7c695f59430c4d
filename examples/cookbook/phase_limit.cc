// SPDX-License-Identifier: Apache-2.0

// One phase that hangs does not take the time of the next. docs/cookbook.md
// quotes it.
#include <unistd.h>

#include <cstdio>

#include "absl/time/time.h"
#include "finalize/at_exit.h"
#include "finalize/failure_reporter.h"
#include "finalize/options.h"
#include "finalize/process_end.h"
#include "finalize/report.h"

using finalize::Options;

int main() {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  finalize::ExitOptions options;
  options.deadline = absl::Seconds(5);     // for all phases together
  options.phase_limit = absl::Seconds(2);  // for each phase
  options.failure_exit_code = 3;
  if (!finalize::SetExitOptions(options).ok()) return 1;
  finalize::SetFailureReporter([](const finalize::ReportEntry& entry) {
    std::printf("late: %s\n", entry.name.c_str());
  });

  finalize::AtExit(Options("remove lock").set_phase(finalize::kReleasePhase),
                   [] { std::puts("the lock is removed"); });
  finalize::AtExit(
      Options("answer requests").set_phase(finalize::kFinishWorkPhase), [] {
        for (;;) pause();  // a request that never ends
      });
  finalize::AtExit(
      Options("close listener").set_phase(finalize::kStopAcceptingPhase),
      [] { std::puts("the listener is closed"); });
}
