// SPDX-License-Identifier: Apache-2.0

// A process that is asked to end by more than one signal.
#include <pty.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <thread>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "finalize/internal/end/end_state.h"
#include "tests/support/forked.h"
#include "tests/support/latch.h"
#include "tests/support/scenario.h"
#include "tests/support/send_signal.h"

namespace {

using finalize::AtExit;
using finalize::Cause;
using finalize::ExitHooks;
using finalize_test::AwaitInput;
using finalize_test::ExpectSignals;
using finalize_test::Forked;
using finalize_test::Latch;
using finalize_test::Require;
using finalize_test::Say;
using finalize_test::Says;

// Longer than any test takes.
constexpr absl::Duration kLongGrace = absl::Hours(1);

void Install(absl::Duration grace) {
  ExitHooks hooks;
  hooks.repeat_grace = grace;
  Require(finalize::InstallExitHooks(hooks).ok(), "InstallExitHooks");
}

// Reads nothing, unlike AwaitInput.
[[noreturn]] void Idle() {
  for (;;) ExpectSignals();
}

void ReadByte() {
  char byte;
  Require(read(STDIN_FILENO, &byte, 1) == 1, "input");
}

void SayDrained(const Cause& cause) {
  Say("drained on " + std::string(cause.ToString()) + " " +
      std::to_string(cause.signal));
}

// Where a service tells its wrapper that it drains.
int draining[2] = {-1, -1};

// A drain that takes until a byte comes.
void Serves() {
  AtExit(SayDrained);
  AtExit([] {
    Say("draining");
    if (draining[1] >= 0) {
      Require(write(draining[1], "x", 1) == 1, "write");
    }
    ReadByte();
  });
  Install(kLongGrace);
  Say("ready");
  Idle();
}

// The same in the drain of exit(), once the first signal has been accepted.
void Exits() {
  AtExit(SayDrained);
  AtExit([] {
    Say("draining");
    while (finalize_internal::CurrentEnd().kind != Cause::Kind::kSignal) {
      ExpectSignals();
    }
    Say("asked");
    ReadByte();
  });
  Install(kLongGrace);
  std::exit(3);
}

// The drain hangs, and says so when the grace is over.
void HangsPast(absl::Duration grace) {
  static const absl::Duration length = grace;
  AtExit(Says{"left"});
  AtExit([] {
    const absl::Time end = absl::Now() + length + absl::Milliseconds(10);
    while (absl::Now() < end) ExpectSignals();
    Say("grace is over");
    Idle();
  });
  Install(grace);
  Say("ready");
  Idle();
}
void HangsPastGrace() { HangsPast(absl::Milliseconds(20)); }

// It is sent signals all the time.
void HangsUnderSignals() {
  AtExit(Says{"left"});
  AtExit([] { Idle(); });
  Install(absl::Milliseconds(50));
  Say("ready");
  Idle();
}

// Each of eight threads raises a signal at one moment.
void RaisesTogether() {
  static Latch& together = *new Latch(8);
  AtExit(Says{"drained"});
  Install(kLongGrace);
  constexpr int kSignals[] = {SIGTERM, SIGINT, SIGHUP};
  for (int i = 0; i < 8; ++i) {
    std::thread([signal = kSignals[i % 3]] {
      ExpectSignals();
      together.Arrive();
      raise(signal);
      Idle();
    }).detach();
  }
  Idle();
}

// All that is told of a request is told once, whatever comes with it.
std::atomic<int> told{0};
void SayOwn(int signal) { Say("own handler " + std::to_string(signal)); }
void TellsOnce() {
  signal(SIGTERM, SayOwn);
  signal(SIGHUP, SayOwn);
  AtExit(SayDrained);
  ExitHooks hooks;
  hooks.repeat_grace = absl::InfiniteDuration();
  hooks.signals = {SIGTERM, SIGHUP};
  hooks.shutdown_descriptor = true;
  hooks.on_signal = [](int signal) {
    Say("told " + std::to_string(signal));
    told = signal;
  };
  Require(finalize::InstallExitHooks(hooks).ok(), "InstallExitHooks");
  for (const int signal : {SIGTERM, SIGHUP, SIGTERM, SIGINT}) raise(signal);
  while (told == 0) ExpectSignals();
  raise(SIGHUP);
  uint64_t count = 0;
  Require(read(finalize::ShutdownDescriptor(), &count, sizeof(count)) ==
              sizeof(count),
          "descriptor");
  Say("counted " + std::to_string(count));
  finalize::EndBySignal(finalize::ShutdownSignal());
}

// A forked child installs hooks of its own while its parent has been asked.
void ChildIsAskedAnew() {
  ExitHooks hooks;
  hooks.repeat_grace = kLongGrace;
  hooks.shutdown_descriptor = true;  // so that the parent lives on
  Require(finalize::InstallExitHooks(hooks).ok(), "InstallExitHooks");
  raise(SIGTERM);
  const pid_t child = Forked(fork());
  if (child == 0) {
    AtExit(SayDrained);
    Install(kLongGrace);
    raise(SIGHUP);
    Idle();
  }
  int status = 0;
  Require(waitpid(child, &status, 0) == child && WIFSIGNALED(status), "child");
  Say("ended by " + std::to_string(WTERMSIG(status)));
}

// --- a wrapper that forwards ---

pid_t service = 0;
void Forward(int signal) {
  char byte;  // else both signals may be pending at once, and are one
  Require(read(draining[0], &byte, 1) == 1, "read");
  finalize_test::SendSignal(service, signal);
  Say("forwarded");
}

// The service of the wrapper is in its group: an interrupt for the group comes
// to both, and the wrapper forwards its own.
void Forwards() {
  Require(pipe(draining) == 0, "pipe");
  // The service may be ready before this process is.
  sigset_t interrupt;
  sigemptyset(&interrupt);
  sigaddset(&interrupt, SIGINT);
  sigprocmask(SIG_BLOCK, &interrupt, nullptr);
  service = Forked(fork());
  if (service == 0) {
    sigprocmask(SIG_UNBLOCK, &interrupt, nullptr);
    Serves();
    _exit(96);
  }
  signal(SIGINT, Forward);
  sigprocmask(SIG_UNBLOCK, &interrupt, nullptr);
  int status = 0;
  while (waitpid(service, &status, 0) != service) {
  }
  Say(WIFSIGNALED(status) ? "ended by " + std::to_string(WTERMSIG(status))
                          : "exited " + std::to_string(WEXITSTATUS(status)));
}

// --- a terminal that closes ---

// The service runs in an interactive shell on a pseudo terminal, and writes to
// this process's output. When that closes, the shell is told by the kernel, and
// tells the service, which the kernel tells, too, when the shell has ended.
void TerminalCloses() {
  Require(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0, "prctl");
  int input[2];
  Require(pipe(input) == 0, "pipe");
  const int output = dup(STDOUT_FILENO);
  int terminal = -1;
  const pid_t shell = Forked(forkpty(&terminal, nullptr, nullptr, nullptr));
  if (shell == 0) {
    close(input[1]);
    char self[4096] = {};
    if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0) _exit(97);
    const std::string line = std::string(self) + " serves <&" +
                             std::to_string(input[0]) + " >&" +
                             std::to_string(output) + "; true";
    execl("/bin/bash", "bash", "--norc", "--noprofile", "-i", "-c",
          line.c_str(), nullptr);
    _exit(97);
  }
  close(input[0]);
  ReadByte();
  close(terminal);
  int status = 0;
  Require(waitpid(shell, &status, 0) == shell, "shell");
  Say("shell has ended");
  Require(write(input[1], "x", 1) == 1, "write");
  Require(wait(&status) > 0 && WIFSIGNALED(status), "service");
  Say("ended by " + std::to_string(WTERMSIG(status)));
}

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(argc, argv,
                                    {{"serves", Serves},
                                     {"exits", Exits},
                                     {"hangs-past-grace", HangsPastGrace},
                                     {"hangs-under-signals", HangsUnderSignals},
                                     {"raises-together", RaisesTogether},
                                     {"tells-once", TellsOnce},
                                     {"child-is-asked-anew", ChildIsAskedAnew},
                                     {"forwards", Forwards},
                                     {"terminal-closes", TerminalCloses}});
}
