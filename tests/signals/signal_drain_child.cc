// SPDX-License-Identifier: Apache-2.0

// A process that drains because of a signal: what its callbacks do.
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>

#include "absl/time/time.h"
#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "finalize/process_end.h"
#include "tests/support/forked.h"
#include "tests/support/latch.h"
#include "tests/support/scenario.h"
#include "tests/support/test_clock.h"

namespace {

using finalize::AtExit;
using finalize::Cause;
using finalize::ExitHooks;
using finalize::Options;
using finalize_test::AwaitInput;
using finalize_test::Forked;
using finalize_test::Latch;
using finalize_test::PutClockForward;
using finalize_test::Require;
using finalize_test::Say;
using finalize_test::Says;
using finalize_test::StopClock;

void Install(const ExitHooks& hooks = {}) {
  if (!finalize::InstallExitHooks(hooks).ok()) _exit(95);
}

// Serves until its parent closes the input, which it does not.
[[noreturn]] void Serve() {
  Say("ready");
  for (;;) AwaitInput();
}

void SayCause(const Cause& cause) {
  Say(std::string("first, on ") + cause.ToString());
}

template <class F>
void Between(F&& function) {
  AtExit(Options("first one"), SayCause);
  AtExit(Options("second one"), std::forward<F>(function));
  AtExit(Says{"third"});
  ExitHooks hooks;
  hooks.repeat_grace = absl::ZeroDuration();
  Install(hooks);
  Serve();
}
void Throws() {
  Between([] { throw 42; });
}
void Exits() {
  static finalize_test::SaysAtEnd older("static of old");
  Between([] {
    static finalize_test::SaysAtEnd newer("static of new");
    std::exit(4);
  });
}
void QuickExits() {
  Between([] { std::quick_exit(7); });
}
void UnderscoreExits() {
  Between([] { _exit(8); });
}
void Aborts() {
  Between([] { std::abort(); });
}
void EndsThread() {
  Between([] { pthread_exit(nullptr); });
}
void Raises() {
  Between([] {
    raise(SIGTERM);
    for (;;) AwaitInput();
  });
}
void EndsByAnotherSignal() {
  Between([] { finalize::EndBySignal(SIGINT); });
}
void Forks() {
  static const pid_t parent = getpid();
  Between([] {
    const pid_t child = Forked(fork());
    if (child == 0) return;
    int status = 0;
    waitpid(child, &status, 0);
    Say("child ended by " + std::to_string(WTERMSIG(status)));
    if (getpid() != parent) _exit(96);
  });
}
// What a callback starts inherits no blocked signals.
void StartsProgram() {
  Between([] {
    if (system("grep SigBlk /proc/self/status") != 0) _exit(96);
  });
}
void SetDeadline(absl::Duration deadline) {
  finalize::ExitOptions options;
  options.deadline = deadline;
  Require(finalize::SetExitOptions(options).ok(), "SetExitOptions");
}
// The callbacks of the scenarios pass the first by their clock, and not the
// second.
constexpr absl::Duration kShort = absl::Hours(1);
constexpr absl::Duration kLong = absl::Hours(10);

void HangsAtDeadlineOf(absl::Duration deadline) {
  SetDeadline(deadline);
  AtExit(Options("left one"), Says{"left"});
  AtExit(Options("hanging one"), [] {
    Say("hangs");
    PutClockForward(2 * kShort);
    for (;;) pause();
  });
  Install();
  Serve();
}
void HangsBriefly() { HangsAtDeadlineOf(kShort); }
void HangsForHours() { HangsAtDeadlineOf(kLong); }

void HangsInExit() {
  SetDeadline(kLong);
  AtExit([] {
    Say("hangs");
    PutClockForward(2 * kShort);
    for (;;) pause();
  });
}

void OutlivesDeadline() {
  AtExit(Options("left one"), Says{"left"});
  AtExit([] {
    StopClock();  // the watchdog leaves the drain the time that it needs
    PutClockForward(finalize::ExitTimeLeft() + absl::Milliseconds(1));
  });
  SetDeadline(kShort);
  Install();
  Serve();
}

// Two of a phase run at the same time, and no phase begins before the one above
// it is done.
void UsesHelperThreads() {
  static constexpr int kEach = 50;
  static std::atomic<int> high{0};
  static std::atomic<int> low{0};
  static Latch& together = *new Latch(2);
  finalize::ExitOptions options;
  options.threads = 3;
  Require(finalize::SetExitOptions(options).ok(), "SetExitOptions");
  AtExit(Options().set_phase(-1), [](const Cause& cause) {
    Say(std::to_string(high) + " and " + std::to_string(low) + ", on " +
        cause.ToString());
  });
  for (int i = 0; i < kEach; ++i) {
    AtExit([] {
      Require(high == kEach + 2, "a phase too early");
      ++low;
    });
    AtExit(Options().set_phase(1), [] { ++high; });
  }
  for (int i = 0; i < 2; ++i) {
    AtExit(Options().set_phase(1), [] {
      together.Arrive();
      ++high;
    });
  }
  Install();
  Serve();
}

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(
      argc, argv,
      {{"throws", Throws},
       {"exits", Exits},
       {"quick-exits", QuickExits},
       {"underscore-exits", UnderscoreExits},
       {"aborts", Aborts},
       {"ends-thread", EndsThread},
       {"raises", Raises},
       {"ends-by-another-signal", EndsByAnotherSignal},
       {"forks", Forks},
       {"starts-program", StartsProgram},
       {"hangs-briefly", HangsBriefly},
       {"hangs-for-hours", HangsForHours},
       {"hangs-in-exit", HangsInExit},
       {"outlives-deadline", OutlivesDeadline},
       {"uses-helper-threads", UsesHelperThreads}});
}
