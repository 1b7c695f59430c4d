// SPDX-License-Identifier: Apache-2.0

// A process whose handlers come and go, around the exit hooks.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <exception>
#include <string>

#include "absl/debugging/failure_signal_handler.h"
#include "absl/time/time.h"
#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "tests/support/forked.h"
#include "tests/support/scenario.h"

// Named, so that a list can name them.
extern "C" void OnInterrupt(int) { finalize_test::Say("own handler"); }
struct sigaction replaced_action;
extern "C" void CallReplaced(int signal, siginfo_t* info, void* context) {
  finalize_test::Say("own handler");
  replaced_action.sa_sigaction(signal, info, context);
}

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

void Install(const ExitHooks& hooks = {}) {
  Say(finalize::InstallExitHooks(hooks).ToString());
}

void List() { Say(finalize::HookedSignals().ToString()); }

void DrainAtTerm() {
  AtExit([](const Cause& cause) {
    Say("drained on " + std::string(cause.ToString()));
  });
  raise(SIGTERM);
  for (;;) AwaitInput();
}

// --- what is listed ---

void OneOfEach() {
  signal(SIGHUP, SIG_IGN);
  signal(SIGINT, OnInterrupt);
  signal(SIGQUIT, OnInterrupt);
  List();
  ExitHooks hooks;
  hooks.signals = {SIGRTMIN + 2, SIGQUIT};
  Install(hooks);
  List();
}

void AllHandled() {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    struct sigaction own = {};
    own.sa_handler = OnInterrupt;
    sigaction(signal, &own, nullptr);
  }
  Install();
  ExitHooks named;
  named.signals = {SIGTERM};
  Install(named);
}

void AllIgnored() {
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) signal(number, SIG_IGN);
  Install();
}

void CrashesHandled() {
  absl::InstallFailureSignalHandler({});
  ExitHooks hooks;
  hooks.usual_signals = false;
  hooks.crash = true;
  Install(hooks);
}

void CrashesTaken() {
  ExitHooks hooks;
  hooks.crash = true;
  Install(hooks);
  signal(SIGBUS, OnInterrupt);
  signal(SIGFPE, SIG_DFL);
  List();
}

void ChangedSince() {
  Install();
  signal(SIGTERM, OnInterrupt);
  List();
  signal(SIGTERM, SIG_DFL);
  List();
  signal(SIGTERM, SIG_IGN);
  List();
}

void NotInTheChild() {
  Install();
  const pid_t child = Forked(fork());
  List();
  if (child == 0) _exit(0);
}

// --- taking a signal again ---

// As asyncio does with a handler that it removes.
void SetAndRestored() {
  Install();
  signal(SIGTERM, OnInterrupt);
  signal(SIGTERM, SIG_DFL);
  Install();
  DrainAtTerm();
}

void SetAndRestoredOften() {
  ExitHooks hooks;
  for (int i = 0; i < 5; ++i) {
    signal(SIGTERM, OnInterrupt);
    signal(SIGTERM, SIG_DFL);
    Require(finalize::InstallExitHooks(hooks).ok(), "InstallExitHooks");
  }
  DrainAtTerm();
}

ExitHooks NamingTerm() {
  ExitHooks hooks;
  hooks.usual_signals = false;
  hooks.signals = {SIGTERM};
  hooks.repeat_grace = absl::ZeroDuration();
  return hooks;
}

void ReplacedAndNamed() {
  Install(NamingTerm());
  signal(SIGTERM, OnInterrupt);
  Install(NamingTerm());
  DrainAtTerm();
}

// The handler in between calls the hooks' older one, which is not to count the
// signal a second time.
void ChainedAndNamed() {
  Install(NamingTerm());
  struct sigaction own = {};
  own.sa_sigaction = CallReplaced;
  own.sa_flags = SA_SIGINFO;
  sigaction(SIGTERM, &own, &replaced_action);
  Install(NamingTerm());
  DrainAtTerm();
}

// The program takes its handler out again by putting the hooks' older one back.
void OlderOnePutBack() {
  Install(NamingTerm());
  struct sigaction own = {};
  own.sa_sigaction = CallReplaced;
  own.sa_flags = SA_SIGINFO;
  sigaction(SIGTERM, &own, &replaced_action);
  Install(NamingTerm());
  sigaction(SIGTERM, &replaced_action, nullptr);
  List();
  DrainAtTerm();
}

// --- the descriptor ---

void DescriptorClosed() {
  ExitHooks hooks;
  hooks.shutdown_descriptor = true;
  Require(finalize::InstallExitHooks(hooks).ok(), "InstallExitHooks");
  const int before = finalize::ShutdownDescriptor();
  close(before);
  int ends[2];
  Require(pipe2(ends, O_NONBLOCK) == 0, "pipe");
  Require(dup2(ends[1], before) == before, "dup2");  // another file's now
  AtExit([ends] {
    char byte;
    Say(read(ends[0], &byte, 1) < 0 ? "untouched" : "written to");
  });
  DrainAtTerm();
}

void DescriptorClosedBetween() {
  ExitHooks hooks;
  hooks.shutdown_descriptor = true;
  Require(finalize::InstallExitHooks(hooks).ok(), "InstallExitHooks");
  close(finalize::ShutdownDescriptor());
  Require(finalize::InstallExitHooks(hooks).ok(), "InstallExitHooks");
  raise(SIGTERM);
  eventfd_t count = 0;
  while (eventfd_read(finalize::ShutdownDescriptor(), &count) != 0) {
    Require(errno == EAGAIN, "descriptor");
    ExpectSignals();
  }
  Say("told");
}

// --- std::terminate ---

void (*replaced_terminate)();
void TerminateReplaced() {
  AtExit(Says{"drained"});
  ExitHooks hooks;
  hooks.terminate = true;
  std::set_terminate([] {
    Say("first handler");
    _exit(7);
  });
  Require(finalize::InstallExitHooks(hooks).ok(), "InstallExitHooks");
  std::set_terminate([] {
    Say("own handler");
    _exit(7);
  });
  Require(finalize::InstallExitHooks(hooks).ok(), "InstallExitHooks");
  std::terminate();
}

void TerminateChained() {
  AtExit(Says{"drained"});
  ExitHooks hooks;
  hooks.terminate = true;
  std::set_terminate([] {
    Say("first handler");
    _exit(7);
  });
  Require(finalize::InstallExitHooks(hooks).ok(), "InstallExitHooks");
  replaced_terminate = std::set_terminate([] {
    Say("own handler");
    replaced_terminate();
  });
  Require(finalize::InstallExitHooks(hooks).ok(), "InstallExitHooks");
  std::terminate();
}

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(
      argc, argv,
      {{"one-of-each", OneOfEach},
       {"all-handled", AllHandled},
       {"all-ignored", AllIgnored},
       {"crashes-handled", CrashesHandled},
       {"crashes-taken", CrashesTaken},
       {"changed-since", ChangedSince},
       {"not-in-the-child", NotInTheChild},
       {"set-and-restored", SetAndRestored},
       {"set-and-restored-often", SetAndRestoredOften},
       {"replaced-and-named", ReplacedAndNamed},
       {"chained-and-named", ChainedAndNamed},
       {"older-one-put-back", OlderOnePutBack},
       {"descriptor-closed", DescriptorClosed},
       {"descriptor-closed-between", DescriptorClosedBetween},
       {"terminate-replaced", TerminateReplaced},
       {"terminate-chained", TerminateChained}});
}
