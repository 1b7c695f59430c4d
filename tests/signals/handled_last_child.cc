// SPDX-License-Identifier: Apache-2.0

// A process whose handler of SIGTERM ends it, and runs after the drain.
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <string_view>
#include <thread>

#include "absl/debugging/failure_signal_handler.h"
#include "absl/time/time.h"
#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "finalize/process_end.h"
#include "tests/support/blocked_thread.h"
#include "tests/support/forked.h"
#include "tests/support/scenario.h"
#include "tests/support/send_signal.h"

namespace {

using finalize::AtExit;
using finalize::Cause;
using finalize::ExitHooks;
using finalize_test::AwaitInput;
using finalize_test::ExpectSignals;
using finalize_test::Forked;
using finalize_test::Require;
using finalize_test::Say;
using finalize_test::Says;
using finalize_test::ThisThread;

void Install(absl::Duration deadline = absl::Seconds(20)) {
  finalize::ExitOptions options;
  options.deadline = deadline;
  Require(finalize::SetExitOptions(options).ok(), "SetExitOptions");
  ExitHooks hooks;
  hooks.handled_after_drain = {SIGTERM};
  hooks.repeat_grace = absl::InfiniteDuration();
  Require(finalize::InstallExitHooks(hooks).ok(), "InstallExitHooks");
}

void SayDrained(const Cause& cause) {
  Say("drained on " + std::string(cause.ToString()));
}

void HandleTerm(void (*handler)(int, siginfo_t*, void*), int flags = 0) {
  struct sigaction own = {};
  own.sa_sigaction = handler;
  own.sa_flags = SA_SIGINFO | flags;
  sigaddset(&own.sa_mask, SIGUSR2);
  Require(sigaction(SIGTERM, &own, nullptr) == 0, "sigaction");
}

[[noreturn]] void Serve() {
  Say("ready");
  for (;;) AwaitInput();
}

void FailureHandler() {
  absl::InstallFailureSignalHandler({});
  AtExit(SayDrained);
  Install();
  Serve();
}

// All that a handler may look at is as if it came first.
pid_t expected_thread = 0;
void SayAll(int, siginfo_t* info, void* context) {
  Say("own handler");
  Say(info->si_code == SI_QUEUE ? "sent by sigqueue" : "sent otherwise");
  Say("value " + std::to_string(info->si_value.sival_int));
  Say(context != nullptr ? "a context" : "no context");
  Say(ThisThread() == expected_thread ? "its thread" : "another thread");
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  Say(sigismember(&mask, SIGUSR2) ? "its mask" : "another mask");
  struct sigaction now;
  sigaction(SIGTERM, nullptr, &now);
  Say(now.sa_sigaction == SayAll ? "put back" : "not put back");
  _exit(9);
}
void LooksAtAll() {
  expected_thread = ThisThread();
  HandleTerm(SayAll);
  AtExit(SayDrained);
  Install();
  finalize_test::QueueSignal(getpid(), SIGTERM, 42);
  for (;;) AwaitInput();
}

void ReturnsAtOnce(int, siginfo_t*, void*) { Say("own handler"); }
void Returns() {
  HandleTerm(ReturnsAtOnce);
  AtExit(SayDrained);
  Install();
  Serve();
}

void HangsFor(int, siginfo_t*, void*) {
  Say("hangs");
  for (;;) AwaitInput();
}
void Hangs() {
  HandleTerm(HangsFor);
  AtExit(SayDrained);
  Install(absl::Seconds(2));  // for the drain of a busy machine
  Serve();
}

// The thread that the signal came to ends before the drain does.
void ThreadEnds() {
  HandleTerm(ReturnsAtOnce);
  static std::atomic<bool> ended{false};
  AtExit([] {
    while (!ended) sched_yield();
    Say("drained");
  });
  Install();
  std::thread thread([] {
    ExpectSignals();
    raise(SIGTERM);
  });
  thread.join();
  ended = true;
  for (;;) AwaitInput();
}

// No signal has come.
void EndsBySignal() {
  HandleTerm(ReturnsAtOnce);
  AtExit(SayDrained);
  Install();
  finalize::EndBySignal(SIGTERM);
}

// The program replaced the handler since: that is its choice.
void ReplacedSince() {
  HandleTerm(ReturnsAtOnce);
  AtExit(SayDrained);
  AtExit([] { signal(SIGTERM, SIG_DFL); });
  Install();
  raise(SIGTERM);
  for (;;) AwaitInput();
}

void HasNone() {
  AtExit(SayDrained);
  Install();
  Serve();
}

// A second signal of another kind, while the handler is due or runs, belongs to
// the request.
void RepeatsInHandler(int, siginfo_t*, void*) {
  raise(SIGHUP);
  Say("own handler");
}
void Repeats() {
  HandleTerm(RepeatsInHandler);
  AtExit(SayDrained);
  Install();
  Serve();
}

// As PID 1, which a signal of its own does not end.
void InContainer(void (*scenario)()) {
  Require(unshare(CLONE_NEWPID) == 0, "unshare");
  const pid_t one = Forked(fork());
  if (one == 0) {
    scenario();
    _exit(96);
  }
  int status = 0;
  Require(waitpid(one, &status, 0) == one && WIFEXITED(status), "PID 1");
  Say("exited with " + std::to_string(WEXITSTATUS(status)));
  _exit(0);
}
void FailureHandlerInContainer() {
  InContainer([] {
    absl::InstallFailureSignalHandler({});
    AtExit(SayDrained);
    Install();
    raise(SIGTERM);
    for (;;) AwaitInput();
  });
}

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(
      argc, argv,
      {{"failure-handler", FailureHandler},
       {"looks-at-all", LooksAtAll},
       {"returns", Returns},
       {"hangs", Hangs},
       {"thread-ends", ThreadEnds},
       {"ends-by-signal", EndsBySignal},
       {"replaced-since", ReplacedSince},
       {"has-none", HasNone},
       {"repeats", Repeats},
       {"failure-handler-in-container", FailureHandlerInContainer}});
}
