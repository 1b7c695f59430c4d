// SPDX-License-Identifier: Apache-2.0

// A process with the exit hooks installed, whose children are sent signals.
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "tests/support/forked.h"
#include "tests/support/scenario.h"
#include "tests/support/send_signal.h"

namespace {

using finalize::AtExit;
using finalize::Cause;
using finalize::ExitHooks;
using finalize_test::AwaitInput;
using finalize_test::Forked;
using finalize_test::Say;
using finalize_test::Says;
using finalize_test::SendSignal;

const pid_t first_process = getpid();

// Says a word, and whether in the first process or in another.
void SayHere(const std::string& word) {
  Say((getpid() == first_process ? "parent: " : "child: ") + word);
}
struct SaysHere {
  void operator()() const { SayHere(word); }
  const char* word;
};

void Install(const ExitHooks& hooks = {}) {
  if (!finalize::InstallExitHooks(hooks).ok()) _exit(95);
}

void AwaitChild(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) != child) {
  }
  SayHere(WIFSIGNALED(status)
              ? "child ended by " + std::to_string(WTERMSIG(status))
              : "child exited with " + std::to_string(WEXITSTATUS(status)));
  SayHere(finalize::ShutdownSignal() == 0 ? "not woken" : "woken");
}

// As glibc's fork() without its hooks.
pid_t RawFork() {
  return static_cast<pid_t>(
      syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr));
}

// Two processes, in between a pipe through which the child says that it is
// ready for a signal.
template <class F>
void SignalChild(pid_t (*forks)(), int signal, F&& in_child) {
  int ready[2];
  if (pipe(ready) != 0) _exit(97);
  const pid_t child = Forked(forks());
  if (child == 0) {
    in_child();
    if (write(ready[1], "x", 1) != 1) _exit(97);
    for (;;) AwaitInput();
  }
  char byte;
  if (read(ready[0], &byte, 1) != 1) _exit(97);
  SendSignal(child, signal);
  AwaitChild(child);
}

template <pid_t (*kForks)()>
void ChildDies() {
  AtExit(SaysHere{"ran"});
  Install();
  SignalChild(kForks, SIGTERM, [] { AtExit(SaysHere{"own"}); });
}

void VforkChildDies() {
  AtExit(SaysHere{"ran"});
  Install();
  const pid_t child = Forked(vfork());
  if (child == 0) {
    SendSignal(getpid(), SIGTERM);
    _exit(7);
  }
  AwaitChild(child);
}

void ChildHasHandlerOfTheProgram() {
  signal(SIGTERM, [](int signal) {
    SayHere("own handler " + std::to_string(signal));
    if (getpid() != first_process) _exit(5);
  });
  AtExit([](const Cause& cause) { SayHere(cause.ToString()); });
  ExitHooks hooks;
  hooks.signals = {SIGTERM};
  Install(hooks);
  SignalChild(fork, SIGTERM, [] {});
  raise(SIGTERM);
  for (;;) AwaitInput();
}

void ChildInstalls() {
  AtExit([](const Cause& cause) { SayHere(cause.ToString()); });
  ExitHooks hooks;
  hooks.signals = {SIGUSR1};
  Install(hooks);
  SignalChild(fork, SIGTERM, [] {
    AtExit(SaysHere{"own"});
    Install();
  });
  // Named by the parent only.
  SignalChild(fork, SIGUSR1, [] {
    AtExit(SaysHere{"own"});
    Install();
  });
  raise(SIGUSR1);
  for (;;) AwaitInput();
}

// A grandchild installs them, its parent did not.
void GrandchildInstalls() {
  AtExit(SaysHere{"ran"});
  Install();
  const pid_t child = Forked(fork());
  if (child == 0) {
    SignalChild(fork, SIGTERM, [] {
      AtExit(Says{"grandchild: own"});
      Install();
    });
    _exit(5);
  }
  AwaitChild(child);
}

// Both drain at the same time.
void BothDrain() {
  Install();
  int ready[2];
  if (pipe(ready) != 0) _exit(97);
  const pid_t child = Forked(fork());
  if (child == 0) {
    AtExit(SaysHere{"own"});
    Install();
    if (write(ready[1], "x", 1) != 1) _exit(97);
    for (;;) AwaitInput();
  }
  char byte;
  if (read(ready[0], &byte, 1) != 1) _exit(97);
  AtExit([child] {
    SendSignal(child, SIGTERM);
    int status = 0;
    waitpid(child, &status, 0);
    SayHere("child ended by " + std::to_string(WTERMSIG(status)));
  });
  raise(SIGTERM);
  for (;;) AwaitInput();
}

// The program's handler, installed over the hooks, which it calls in its turn.
struct sigaction hooks_action;
void CallHooks(int signal, siginfo_t* info, void* context) {
  SayHere("own handler");
  hooks_action.sa_sigaction(signal, info, context);
}

// The child installs the hooks anew, over that handler.
void ChildInstallsOverAChain(bool named) {
  Install();
  struct sigaction own = {};
  own.sa_sigaction = CallHooks;
  own.sa_flags = SA_SIGINFO;
  sigaction(SIGTERM, &own, &hooks_action);
  const pid_t child = Forked(fork());
  if (child == 0) {
    AtExit([](const Cause& cause) { SayHere(cause.ToString()); });
    ExitHooks hooks;
    if (named) hooks.signals = {SIGTERM};
    Install(hooks);
    raise(SIGTERM);
    for (;;) AwaitInput();
  }
  AwaitChild(child);
}
void ChildNamesTheChain() { ChildInstallsOverAChain(true); }
void ChildLeavesTheChain() { ChildInstallsOverAChain(false); }

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(
      argc, argv,
      {{"child-dies", ChildDies<fork>},
       {"raw-child-dies", ChildDies<RawFork>},
       {"vfork-child-dies", VforkChildDies},
       {"child-has-handler", ChildHasHandlerOfTheProgram},
       {"child-installs", ChildInstalls},
       {"grandchild-installs", GrandchildInstalls},
       {"child-names-chain", ChildNamesTheChain},
       {"child-leaves-chain", ChildLeavesTheChain},
       {"both-drain", BothDrain}});
}
