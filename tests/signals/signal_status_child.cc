// SPDX-License-Identifier: Apache-2.0

// A process that ends with a status, or with its output, after a signal.
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "finalize/internal/end/end_state.h"
#include "tests/support/blocked_thread.h"
#include "tests/support/forked.h"
#include "tests/support/latch.h"
#include "tests/support/scenario.h"

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

void Install(const ExitHooks& hooks) {
  Require(finalize::InstallExitHooks(hooks).ok(), "InstallExitHooks");
}

[[noreturn]] void Term() {
  raise(SIGTERM);
  for (;;) ExpectSignals();
}

ExitHooks WithCodes() {
  ExitHooks hooks;
  hooks.signal_exit_code = 0;
  hooks.signal_failure_exit_code = 5;
  return hooks;
}

// --- status ---

void Succeeds() {
  AtExit(Says{"drained"});
  Install(WithCodes());
  Term();
}
void Fails() {
  AtExit([] { return absl::InternalError("of the callback"); });
  Install(WithCodes());
  Term();
}
void FailsWithoutCode() {
  AtExit([] { return absl::InternalError("of the callback"); });
  ExitHooks hooks;
  hooks.signal_exit_code = 3;
  Install(hooks);
  Term();
}
void FailsOnly() {
  AtExit([] { return absl::InternalError("of the callback"); });
  ExitHooks hooks;
  hooks.signal_failure_exit_code = 5;
  Install(hooks);
  Term();
}
void SucceedsOnly() {
  AtExit(Says{"drained"});
  ExitHooks hooks;
  hooks.signal_failure_exit_code = 5;
  Install(hooks);
  Term();
}
void SecondSignal() {
  ExitHooks hooks = WithCodes();
  hooks.repeat_grace = absl::ZeroDuration();
  AtExit([] { raise(SIGINT); });
  Install(hooks);
  Term();
}
void EndsBySignal() {
  AtExit(Says{"drained"});
  Install(WithCodes());
  finalize::EndBySignal(SIGTERM);
}
// The exit drain has failed by the time that the signal's thread ends it.
void MeetsExit() {
  AtExit([] {
    raise(SIGTERM);
    while (finalize_internal::CurrentEnd().kind != Cause::Kind::kSignal) {
      sched_yield();
    }
    return absl::InternalError("of the callback");
  });
  Install(WithCodes());
  std::exit(3);
}
// The thread in exit() ends the process by the signal itself.
void EndsBySignalInExit() {
  AtExit([] { finalize::EndBySignal(SIGTERM); });
  Install(WithCodes());
  std::exit(3);
}

// --- stdio ---

ExitHooks Flushing() {
  ExitHooks hooks;
  hooks.flush_stdio = true;
  hooks.signal_exit_code = 4;
  return hooks;
}
void Print() { printf("out of the callback\n"); }

void Flushes() {
  static char buffer[256];
  setvbuf(stderr, buffer, _IOFBF, sizeof(buffer));
  AtExit([] {
    Print();
    fprintf(stderr, "error of the callback\n");
  });
  Install(Flushing());
  Term();
}
void DoesNotFlush() {
  AtExit(Print);
  ExitHooks hooks;
  hooks.signal_exit_code = 4;
  Install(hooks);
  Term();
}
// As exit() would wait for: another thread reads a line that does not come.
void ReadsALine() {
  static std::atomic<pid_t> reader{0};
  std::thread([] {
    ExpectSignals();
    reader = finalize_test::ThisThread();
    char* line = nullptr;
    size_t size = 0;
    (void)!getline(&line, &size, stdin);
  }).detach();
  finalize_test::AwaitBlocked(reader, SYS_read);
  AtExit(Print);
  Install(Flushing());
  Term();
}
// Another thread is in the middle of something.
void HoldsStdout() {
  static Latch& held = *new Latch;
  std::thread([] {
    ExpectSignals();
    printf("lost\n");
    flockfile(stdout);
    held.CountDown();
    for (;;) ExpectSignals();
  }).detach();
  held.Wait();
  AtExit([] { fprintf(stderr, "error of the callback\n"); });
  Install(Flushing());
  Term();
}
// Nobody reads the pipe that standard output is, and it is full.
void FillsThePipe() {
  int ends[2];
  Require(pipe2(ends, O_NONBLOCK) == 0, "pipe");
  const int before = dup(STDOUT_FILENO);
  Require(dup2(ends[1], STDOUT_FILENO) == STDOUT_FILENO, "dup2");
  const char page[4096] = {};
  while (write(ends[1], page, sizeof(page)) > 0) {
  }
  while (write(ends[1], page, 1) > 0) {
  }
  Require(fcntl(ends[1], F_SETFL, 0) == 0, "fcntl");
  AtExit([before] {
    Print();
    Require(write(before, "drained\n", 8) == 8, "write");
  });
  Install(Flushing());
  Term();
}

// --- PID 1 ---

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
void FlushesInContainer() { InContainer(Flushes); }
void FailsInContainer() { InContainer(Fails); }

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(
      argc, argv,
      {{"succeeds", Succeeds},
       {"fails", Fails},
       {"fails-without-code", FailsWithoutCode},
       {"fails-only", FailsOnly},
       {"succeeds-only", SucceedsOnly},
       {"second-signal", SecondSignal},
       {"ends-by-signal", EndsBySignal},
       {"meets-exit", MeetsExit},
       {"ends-by-signal-in-exit", EndsBySignalInExit},
       {"flushes", Flushes},
       {"does-not-flush", DoesNotFlush},
       {"reads-a-line", ReadsALine},
       {"holds-stdout", HoldsStdout},
       {"fills-the-pipe", FillsThePipe},
       {"flushes-in-container", FlushesInContainer},
       {"fails-in-container", FailsInContainer}});
}
