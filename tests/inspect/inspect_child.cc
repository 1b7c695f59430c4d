// SPDX-License-Identifier: Apache-2.0

// Exit drains that are watched while they hang.
#include <unistd.h>

#include <string>
#include <thread>

#include "absl/time/time.h"
#include "finalize/at_exit.h"
#include "finalize/inspect.h"
#include "finalize/observer.h"
#include "finalize/options.h"
#include "finalize/process_end.h"
#include "finalize/report.h"
#include "tests/support/scenario.h"
#include "tests/support/test_clock.h"

namespace {

using finalize::AtExit;
using finalize::ExitOptions;
using finalize::Options;
using finalize::ReportEntry;
using finalize_test::PutClockForward;
using finalize_test::Say;
using finalize_test::Says;

[[noreturn]] void Hang() {
  for (;;) pause();
}

void SetDeadline(absl::Duration deadline) {
  ExitOptions options;
  options.deadline = deadline;
  finalize_test::Require(finalize::SetExitOptions(options).ok(),
                         "SetExitOptions");
}

// The observer names the one that hangs: its start is the last that is said.
void ObservedHang() {
  SetDeadline(absl::Minutes(10));
  finalize::SetObserver(
      {[](const ReportEntry& entry) { Say("+" + entry.name); },
       [](const ReportEntry& entry) { Say("-" + entry.name); }});
  AtExit(Options("unreached"), [] {});
  AtExit(Options("hangs"), [] {
    PutClockForward(absl::Minutes(20));
    Hang();
  });
  AtExit(Options("ends"), [] {});
}

// So does another thread, which asks while it hangs, and knows for how long.
void AskedHang() {
  SetDeadline(absl::Minutes(10));
  static int hanging[2];
  if (pipe(hanging) != 0) _exit(97);
  AtExit(Options("unreached").set_phase(finalize::kReleasePhase), [] {});
  AtExit(Options("hangs"), [] {
    if (write(hanging[1], "x", 1) != 1) _exit(97);
    Hang();
  });
  std::thread([] {
    char byte;
    if (read(hanging[0], &byte, 1) != 1) _exit(97);
    for (const finalize::RunningInfo& info : finalize::Running()) {
      Say(info.name + (info.elapsed ? " since a known time" : ""));
    }
    for (const finalize::Info& info : finalize::PendingByAge(9)) {
      Say(info.name + " pends");
    }
    _exit(5);
  }).detach();
}

// A phase that outlives its limit is passed by; the process ends as a failed
// one.
void LatePhase() {
  static constexpr absl::Duration kLimit = absl::Hours(1);
  ExitOptions options;
  options.deadline = 9 * kLimit;
  options.notice = absl::InfiniteDuration();
  options.phase_limit = kLimit;
  options.failure_exit_code = 9;
  finalize_test::Require(finalize::SetExitOptions(options).ok(),
                         "SetExitOptions");
  AtExit(Options().set_phase(finalize::kReleasePhase), Says{"release"});
  AtExit(Options("left one").set_phase(finalize::kFinishWorkPhase),
         Says{"left"});
  AtExit(Options().set_phase(finalize::kFinishWorkPhase),
         [] { PutClockForward(kLimit + absl::Seconds(1)); });
  AtExit(Options().set_phase(finalize::kStopAcceptingPhase), Says{"stop"});
}

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(argc, argv,
                                    {{"observed-hang", ObservedHang},
                                     {"asked-hang", AskedHang},
                                     {"late-phase", LatePhase}});
}
