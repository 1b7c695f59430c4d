// SPDX-License-Identifier: Apache-2.0

// A process that is sent signals, with the exit hooks installed.
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "tests/support/scenario.h"
#include "tests/support/send_signal.h"

namespace {

using finalize::AtExit;
using finalize::Cause;
using finalize::ExitHooks;
using finalize_test::AwaitInput;
using finalize_test::ExpectSignals;
using finalize_test::Say;
using finalize_test::Says;
using finalize_test::SendSignal;
using finalize_test::SendToThread;

void Install(const ExitHooks& hooks = {}) {
  const finalize::InstallResult result = finalize::InstallExitHooks(hooks);
  if (!result.ok()) {
    Say(result.ToString());
    _exit(95);
  }
}

[[noreturn]] void Serve() {
  Say("ready");
  for (;;) AwaitInput();
}

void SayCause(const Cause& cause) {
  Say(std::string(cause.ToString()) + " " + std::to_string(cause.signal));
}

void Drains() {
  std::atexit([] { Say("exit handler"); });
  static finalize_test::SaysAtEnd at_end("static");
  printf("in the buffer of stdio");
  AtExit(Says{"first"});
  AtExit(SayCause);
  Install();
  Serve();
}

void Named() {
  AtExit(SayCause);
  ExitHooks hooks;
  hooks.signals = {SIGUSR1, SIGQUIT, SIGRTMIN + 2};
  Install(hooks);
  Serve();
}

// Each signal goes to the one thread that does not block it, or to a busy one.
void OnAnotherThread() {
  std::thread([] {
    ExpectSignals();
    for (;;) AwaitInput();
  }).detach();
  AtExit(SayCause);
  sigset_t term;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &term, nullptr);
  Install();
  Serve();
}

void SentToAThread() {
  static std::atomic<pid_t> thread{0};
  std::thread([] {
    ExpectSignals();
    thread = static_cast<pid_t>(syscall(SYS_gettid));
    for (;;) AwaitInput();
  }).detach();
  AtExit(SayCause);
  Install();
  while (thread == 0) sched_yield();
  SendToThread(thread, SIGTERM);
  for (;;) AwaitInput();
}

void OnlyNamed() {
  AtExit(SayCause);
  ExitHooks hooks;
  hooks.usual_signals = false;
  hooks.signals = {SIGUSR1};
  Install(hooks);
  Serve();
}

void Ignored() {
  signal(SIGHUP, SIG_IGN);
  signal(SIGUSR1, SIG_IGN);
  AtExit(SayCause);
  ExitHooks hooks;
  hooks.signals = {SIGHUP, SIGUSR1};
  Install(hooks);
  raise(SIGHUP);
  raise(SIGUSR1);
  Serve();
}

void SayOwn(int signal) { Say("own handler " + std::to_string(signal)); }

void LeftAlone() {
  signal(SIGTERM, SayOwn);
  AtExit(SayCause);
  Install();
  raise(SIGTERM);
  raise(SIGTERM);
  Serve();
}

void InstalledLater() {
  AtExit(SayCause);
  Install();
  signal(SIGTERM, SayOwn);
  Install();
  raise(SIGTERM);
  raise(SIGTERM);
  Serve();
}

// Every second signal means now.
ExitHooks WithoutGrace() {
  ExitHooks hooks;
  hooks.repeat_grace = absl::ZeroDuration();
  return hooks;
}

// The program's own handler jumps away: the next signal means now.
void JumpsAway() {
  static sigjmp_buf away;
  signal(SIGTERM, [](int) { siglongjmp(away, 1); });
  AtExit(SayCause);
  ExitHooks hooks = WithoutGrace();
  hooks.signals = {SIGTERM};
  Install(hooks);
  if (sigsetjmp(away, 1) == 0) raise(SIGTERM);
  Say("jumped away");
  raise(SIGTERM);
}

// It does not return, and another signal comes to its thread.
void NeverReturns() {
  signal(SIGTERM, [](int) {
    Say("in own handler");
    // ThreadSanitizer blocks all signals in a handler.
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, SIGINT);
    pthread_sigmask(SIG_UNBLOCK, &one, nullptr);
    raise(SIGINT);
    for (;;) AwaitInput();
  });
  AtExit(SayCause);
  ExitHooks hooks = WithoutGrace();
  hooks.signals = {SIGTERM};
  Install(hooks);
  raise(SIGTERM);
}

// The program's own handler, with all that a handler may ask for.
void RunsFirst() {
  struct sigaction own = {};
  own.sa_sigaction = [](int signal, siginfo_t* info, void* context) {
    SayOwn(signal);
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    Say(sigismember(&mask, SIGUSR2) ? "its mask" : "another mask");
    Say(info->si_code == SI_USER ? "sent by kill" : "sent otherwise");
    Say(context != nullptr ? "a context" : "no context");
  };
  own.sa_flags = SA_SIGINFO | SA_RESETHAND;
  sigaddset(&own.sa_mask, SIGUSR2);
  sigaction(SIGTERM, &own, nullptr);
  AtExit(SayCause);
  ExitHooks hooks;
  hooks.signals = {SIGTERM};
  Install(hooks);
  SendSignal(getpid(), SIGTERM);
  for (;;) AwaitInput();
}

void GoodCitizen() {
  ExitHooks hooks;
  hooks.shutdown_descriptor = true;  // so that it lives on
  Install(hooks);
  struct sigaction action;
  sigaction(SIGTERM, nullptr, &action);
  Say(action.sa_flags & SA_RESTART ? "restarts" : "interrupts");
  Say(action.sa_flags & SA_ONSTACK ? "on its stack" : "on any stack");
  errno = 77;
  raise(SIGTERM);
  Say(errno == 77 ? "errno kept" : "errno lost");
}

void BlocksInCallback() {
  AtExit(Says{"left"});
  AtExit([] {
    Say("draining");
    for (;;) AwaitInput();
  });
  Install(WithoutGrace());
  Serve();
}

void Burst() {
  AtExit(Says{"ran"});
  Install(WithoutGrace());
  Serve();
}

// For another user than root. What comes after (LeakSanitizer) may start
// threads, and look at the process, again.
void NoThread() {
  if (setgid(65534) != 0 || setuid(65534) != 0) _exit(97);
  prctl(PR_SET_DUMPABLE, 1);
  rlimit before;
  getrlimit(RLIMIT_NPROC, &before);
  const rlimit none = {0, before.rlim_max};
  setrlimit(RLIMIT_NPROC, &none);
  Say(finalize::InstallExitHooks().status.ToString());
  setrlimit(RLIMIT_NPROC, &before);
  struct sigaction action;
  sigaction(SIGTERM, nullptr, &action);
  Say(action.sa_handler == SIG_DFL ? "no handler" : "a handler");
  Say(finalize::InstallExitHooks().status.ToString());
}

void InstallTwice() {
  AtExit(SayCause);
  ExitHooks hooks;
  hooks.signals = {SIGUSR1};
  Install(hooks);
  Install();
  Serve();
}

void InstallOnManyThreads() {
  AtExit(SayCause);
  std::thread threads[8];
  for (auto& thread : threads) thread = std::thread([] { Install(); });
  for (auto& thread : threads) thread.join();
  Serve();
}

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(
      argc, argv,
      {{"drains", Drains},
       {"named", Named},
       {"on-another-thread", OnAnotherThread},
       {"sent-to-a-thread", SentToAThread},
       {"only-named", OnlyNamed},
       {"ignored", Ignored},
       {"left-alone", LeftAlone},
       {"installed-later", InstalledLater},
       {"runs-first", RunsFirst},
       {"jumps-away", JumpsAway},
       {"never-returns", NeverReturns},
       {"good-citizen", GoodCitizen},
       {"blocks-in-callback", BlocksInCallback},
       {"burst", Burst},
       {"no-thread", NoThread},
       {"install-twice", InstallTwice},
       {"install-on-many-threads", InstallOnManyThreads}});
}
