// SPDX-License-Identifier: Apache-2.0

// A process that drains because of a signal, while other threads exit, register
// or fork.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "finalize/internal/end/end_state.h"
#include "finalize/registry.h"
#include "tests/support/blocked_thread.h"
#include "tests/support/forked.h"
#include "tests/support/scenario.h"
#include "tests/support/send_signal.h"

namespace {

using finalize::AtExit;
using finalize::Cause;
using finalize::ExitHooks;
using finalize::Options;
using finalize::Registry;
using finalize_test::AwaitInExit;
using finalize_test::AwaitInput;
using finalize_test::Forked;
using finalize_test::Say;
using finalize_test::Says;
using finalize_test::SendSignal;
using finalize_test::ThisThread;

void Install(const ExitHooks& hooks = {}) {
  if (!finalize::InstallExitHooks(hooks).ok()) _exit(95);
}

void SayCause(const Cause& cause) {
  Say(std::string("first, on ") + cause.ToString());
}

// Waits until the process comes to a signal: the thread that serves it waits
// for the drain that this is called in.
void AwaitAsked() {
  while (finalize_internal::CurrentEnd().kind != Cause::Kind::kSignal)
    sched_yield();
}

// The exit drain goes on when the signal has come.
void DuringExitDrain() {
  static finalize_test::SaysAtEnd older("static of old");
  AtExit(SayCause);
  AtExit([] {
    Say("draining");
    AwaitAsked();
  });
  Install();
  std::exit(3);
}

void DuringQuickExitDrain() {
  AtExit(SayCause);
  AtExit([] {
    Say("draining");
    AwaitAsked();
  });
  ExitHooks hooks;
  hooks.quick_exit = true;
  Install(hooks);
  std::quick_exit(3);
}

// The exit drain does not end.
void BlocksInExitDrain() {
  AtExit(SayCause);
  AtExit([] {
    Say("draining");
    AwaitAsked();
    Say("asked");
    for (;;) AwaitInput();
  });
  ExitHooks hooks;
  hooks.repeat_grace = absl::ZeroDuration();
  Install(hooks);
  std::exit(3);
}

void RaisesInExitDrain() {
  static finalize_test::SaysAtEnd older("static of old");
  AtExit(SayCause);
  AtExit([] {
    raise(SIGTERM);
    AwaitAsked();
  });
  AtExit(Says{"third"});
  Install();
  std::exit(3);
}

// A static destructor, after the exit drain.
void AfterExitDrain() {
  struct Waits {
    ~Waits() {
      Say("static");
      for (;;) AwaitInput();
    }
  };
  static Waits waits;
  AtExit(SayCause);
  Install();
  std::exit(3);
}

// Main calls exit() during the drain, or returns.
void ExitDuringDrain() {
  static const pid_t main_thread = ThisThread();
  static std::atomic<bool> draining{false};
  AtExit(SayCause);
  AtExit([] {
    draining = true;
    AwaitInExit(main_thread);
    Say("blocked");
  });
  Install();
  raise(SIGTERM);
  while (!draining) sched_yield();
  std::exit(3);
}

// exit() and a signal at the same moment, on two threads.
void Race() {
  // Once the drain is over glibc before 2.41 lets two exit() run the handlers
  // that are left, side by side: let there be none but this.
  std::atexit([] { _exit(3); });
  static std::atomic<int> runs{0};
  AtExit([] { Say("first"); });
  AtExit([] {
    if (++runs != 1) Say("twice");
  });
  Install();
  static std::atomic<bool> go{false};
  std::thread([] {
    while (!go) {
    }
    SendSignal(getpid(), SIGTERM);
  }).detach();
  std::thread([] {
    while (!go) {
    }
    std::exit(3);
  }).detach();
  go = true;
  std::exit(3);
}

// A signal is handled before main calls exit(), and the thread that serves
// signals does not get to run (see below).
std::atomic<bool> holds_up{false};
void RaiseHeldUp() {
  holds_up = true;
  raise(SIGTERM);
}

void BeforeExit() {
  static finalize_test::SaysAtEnd older("static of old");
  AtExit(SayCause);
  Install();
  RaiseHeldUp();
  std::exit(3);
}

void BeforeQuickExit() {
  AtExit(SayCause);
  ExitHooks hooks;
  hooks.quick_exit = true;
  Install(hooks);
  RaiseHeldUp();
  std::quick_exit(3);
}

// Nothing is registered.
void BeforeExitAlone() {
  static finalize_test::SaysAtEnd older("static of old");
  Install();
  RaiseHeldUp();
  std::exit(3);
}

// The program's shutdown loop is to decide.
void BeforeExitOfALoop() {
  AtExit(SayCause);
  ExitHooks hooks;
  hooks.shutdown_descriptor = true;
  Install(hooks);
  RaiseHeldUp();
  std::exit(3);
}

// The child of a fork has installed no hooks, and no signal has come to it.
void BeforeForkAndExit() {
  AtExit(SayCause);
  Install();
  RaiseHeldUp();
  const pid_t child = Forked(fork());
  if (child == 0) {
    AtExit(Says{"child"});
    std::exit(4);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 4) Say("wrong child");
  std::exit(3);
}

// Main, to which the signal comes, holds locks of the registry most of the
// time. Others register as well, for ever.
void Tell(char event) {
  if (write(STDOUT_FILENO, &event, 1) != 1) _exit(97);
}
std::atomic<int> accepted{0};
void Busy() {
  Install();
  const auto registers = [] {
    for (int i = 0;; ++i) {
      const auto finalizer =
          Registry::Process().TryRegister(Options(), [] { Tell('r'); });
      if (!finalizer.ok()) {
        sched_yield();
        continue;
      }
      Tell('a');
      if (++accepted == 1000) Say("go");
      if (i % 8 != 0) finalizer->Run();
    }
  };
  for (int i = 0; i < 2; ++i) std::thread(registers).detach();
  registers();
}
// The same without a word, so that the signal comes under a lock more often.
void HoldsLocks() {
  AtExit(SayCause);
  Install();
  Say("ready");
  for (;;) {
    for (int i = 0; i < 1000; ++i) {
      Registry::Process().TryRegister(Options(), [] {}).IgnoreError();
      Registry::Process().size();
    }
    sched_yield();
  }
}

// The signal comes while main forks, again and again.
void ForkLoop() {
  AtExit(SayCause);
  Install();
  Say("ready");
  for (;;) {
    const pid_t child = Forked(fork());
    if (child == 0) _exit(0);
    if (child > 0) waitpid(child, nullptr, 0);
  }
}

}  // namespace

// The linker has every object call this in place of pthread_sigmask() (BUILD).
// The thread that serves signals calls it when a signal has woken it.
extern "C" int __real_pthread_sigmask(int, const sigset_t*,  // NOLINT
                                      sigset_t*);
extern "C" int __wrap_pthread_sigmask(int how, const sigset_t* set,  // NOLINT
                                      sigset_t* before) {
  if (holds_up && ThisThread() != getpid()) {
    for (;;) pause();
  }
  return __real_pthread_sigmask(how, set, before);
}

int main(int argc, char** argv) {
  return finalize_test::RunScenario(
      argc, argv,
      {{"during-exit-drain", DuringExitDrain},
       {"during-quick-exit-drain", DuringQuickExitDrain},
       {"blocks-in-exit-drain", BlocksInExitDrain},
       {"raises-in-exit-drain", RaisesInExitDrain},
       {"after-exit-drain", AfterExitDrain},
       {"exit-during-drain", ExitDuringDrain},
       {"race", Race},
       {"before-exit", BeforeExit},
       {"before-quick-exit", BeforeQuickExit},
       {"before-exit-alone", BeforeExitAlone},
       {"before-exit-of-a-loop", BeforeExitOfALoop},
       {"before-fork-and-exit", BeforeForkAndExit},
       {"busy", Busy},
       {"holds-locks", HoldsLocks},
       {"fork-loop", ForkLoop}});
}
