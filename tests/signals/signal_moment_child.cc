// SPDX-License-Identifier: Apache-2.0

// A process that a signal comes to at a moment of the worst kind: its thread
// holds the library's locks, or a thousand more are queued behind it.
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "finalize/internal/base/lock.h"
#include "tests/support/blocked_thread.h"
#include "tests/support/scenario.h"
#include "tests/support/send_signal.h"

namespace {

using finalize::AtExit;
using finalize::Cause;
using finalize::ExitHooks;
using finalize_internal::AcquireAllLocks;
using finalize_internal::ReleaseAllLocks;
using finalize_test::AwaitInput;
using finalize_test::ExpectSignals;
using finalize_test::QueueSignal;
using finalize_test::Require;
using finalize_test::Say;
using finalize_test::Says;
using finalize_test::SendToThread;
using finalize_test::ThisThread;

void SayCause(const Cause& cause) {
  Say(std::string("drained on ") + cause.ToString());
}

void Install(const ExitHooks& hooks = {}) {
  Require(finalize::InstallExitHooks(hooks).ok(), "InstallExitHooks");
}

// The handler returns to a thread that holds every lock there is; nothing runs
// before they are free.
void RaisesUnderLocks() {
  AtExit(SayCause);
  Install();
  AcquireAllLocks();
  raise(SIGTERM);
  Say("handled");
  ReleaseAllLocks();
  for (;;) AwaitInput();
}

// The same with a signal from another thread, which sends it to the holder.
std::atomic<pid_t> handled_on{0};
void NoteThread(int) { handled_on = ThisThread(); }
void SentUnderLocks() {
  static const pid_t holder = ThisThread();
  signal(SIGTERM, NoteThread);
  AtExit(SayCause);
  ExitHooks hooks;
  hooks.signals = {SIGTERM};
  Install(hooks);
  AcquireAllLocks();
  std::thread sends([] { SendToThread(holder, SIGTERM); });
  while (handled_on == 0) ExpectSignals();
  Say(handled_on == holder ? "handled by the holder" : "handled elsewhere");
  sends.join();
  ReleaseAllLocks();
  for (;;) AwaitInput();
}

constexpr int kKinds = 4;
ExitHooks RealTime() {
  ExitHooks hooks;
  hooks.repeat_grace = absl::ZeroDuration();
  for (int i = 0; i < kKinds; ++i) hooks.signals.push_back(SIGRTMIN + i);
  return hooks;
}

// All of them wait when the first is let in.
void QueueThousand(int kinds) {
  AtExit(Says{"left"});
  AtExit([] {
    Say("draining");
    for (;;) AwaitInput();
  });
  const ExitHooks hooks = RealTime();
  Install(hooks);
  sigset_t blocked;
  sigemptyset(&blocked);
  for (const int signal : hooks.signals) sigaddset(&blocked, signal);
  pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
  for (int i = 0; i < 1000; ++i) QueueSignal(getpid(), SIGRTMIN + i % kinds);
  Say("queued");
  pthread_sigmask(SIG_UNBLOCK, &blocked, nullptr);
  for (;;) AwaitInput();
}
void QueuedOfOneKind() { QueueThousand(1); }
void QueuedOfFourKinds() { QueueThousand(kKinds); }

// For a burst from outside.
void Serves() {
  AtExit(Says{"left"});
  AtExit([] {
    Say("draining");
    for (;;) AwaitInput();
  });
  Install(RealTime());
  Say("ready");
  for (;;) AwaitInput();
}

// One that is queued drains like any other, and the program's handler gets its
// value.
void QueuedOnce() {
  struct sigaction own = {};
  own.sa_sigaction = [](int, siginfo_t* info, void*) {
    Say("value " + std::to_string(info->si_value.sival_int));
  };
  own.sa_flags = SA_SIGINFO;
  sigaction(SIGRTMIN, &own, nullptr);
  AtExit(SayCause);
  Install(RealTime());
  QueueSignal(getpid(), SIGRTMIN, 42);
  for (;;) AwaitInput();
}

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(
      argc, argv,
      {{"raises-under-locks", RaisesUnderLocks},
       {"sent-under-locks", SentUnderLocks},
       {"queued-of-one-kind", QueuedOfOneKind},
       {"queued-of-four-kinds", QueuedOfFourKinds},
       {"serves", Serves},
       {"queued-once", QueuedOnce}});
}
