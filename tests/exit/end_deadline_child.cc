// SPDX-License-Identifier: Apache-2.0

// A process that comes to two ends, and changes its deadline between them.
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <string>

#include "absl/time/time.h"
#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "finalize/internal/end/end_state.h"
#include "finalize/process_end.h"
#include "tests/support/scenario.h"
#include "tests/support/test_clock.h"

namespace {

using finalize::AtExit;
using finalize::Cause;
using finalize::ExitHooks;
using finalize::Options;
using finalize_test::AwaitInput;
using finalize_test::PutClockForward;
using finalize_test::Require;
using finalize_test::Say;
using finalize_test::Says;

constexpr absl::Duration kShort = absl::Hours(1);
constexpr absl::Duration kLong = absl::Hours(10);

void SetDeadline(absl::Duration deadline) {
  finalize::ExitOptions options;
  options.deadline = deadline;
  options.notice = absl::InfiniteDuration();  // a clock put forward passes it
  Require(finalize::SetExitOptions(options).ok(), "SetExitOptions");
}

// The deadline of the first end, and the one that the second would have.
absl::Duration later;
void SetDeadlines(absl::Duration of_first, absl::Duration of_second) {
  later = of_second;
  SetDeadline(of_first);
  ExitHooks hooks;
  hooks.quick_exit = true;
  hooks.terminate = true;
  Require(finalize::InstallExitHooks(hooks).ok(), "InstallExitHooks");
}

// The drain ends in time only if the long deadline is the one that counts.
void OutlastShort() {
  PutClockForward(2 * kShort);
  Say("outlasted");
}

// The watchdog ends the process in time only if the short one is.
void Hang() {
  Say("hangs");
  PutClockForward(2 * kShort);
  for (;;) AwaitInput();
}

void Signal() {
  raise(SIGTERM);
  while (finalize_internal::CurrentEnd().kind != Cause::Kind::kSignal)
    sched_yield();
  Say("signalled");
}
void Exit() { std::exit(3); }
void QuickExit() { std::quick_exit(4); }
void Terminate() { std::terminate(); }

// The drain of `first` meets `second`, and then does `last`.
void Meet(void (*first)(), void (*second)(), void (*last)()) {
  AtExit(Says{"older"});
  AtExit(Options("last one"), last);
  AtExit([second] {
    SetDeadline(later);
    second();
  });
  first();
  for (;;) AwaitInput();
}
void Raise() { raise(SIGTERM); }

void LongExitThenSignal() {
  SetDeadlines(kLong, kShort);
  Meet(Exit, Signal, OutlastShort);
}
void LongExitThenTerminate() {
  SetDeadlines(kLong, kShort);
  Meet(Exit, Terminate, OutlastShort);
}
void LongExitThenQuickExit() {
  SetDeadlines(kLong, kShort);
  Meet(Exit, QuickExit, OutlastShort);
}
void LongSignalThenExit() {
  SetDeadlines(kLong, kShort);
  Meet(Raise, Exit, OutlastShort);
}
void ShortExitThenSignal() {
  SetDeadlines(kShort, kLong);
  Meet(Exit, Signal, Hang);
}
void ShortSignalThenExit() {
  SetDeadlines(kShort, kLong);
  Meet(Raise, Exit, Hang);
}

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(
      argc, argv,
      {{"long-exit-then-signal", LongExitThenSignal},
       {"long-exit-then-terminate", LongExitThenTerminate},
       {"long-exit-then-quick-exit", LongExitThenQuickExit},
       {"long-signal-then-exit", LongSignalThenExit},
       {"short-exit-then-signal", ShortExitThenSignal},
       {"short-signal-then-exit", ShortSignalThenExit}});
}
