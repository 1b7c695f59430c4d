// SPDX-License-Identifier: Apache-2.0

// A process that is PID 1, as in a container. Needs root.
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "tests/support/forked.h"
#include "tests/support/scenario.h"
#include "tests/support/send_signal.h"

namespace {

using finalize::AtExit;
using finalize::Cause;
using finalize_test::AwaitInput;
using finalize_test::Forked;
using finalize_test::Say;
using finalize_test::Says;
using finalize_test::SendSignal;

void Require(bool condition, const char* what) {
  if (condition) return;
  perror(what);
  _exit(95);
}

void Install(const finalize::ExitHooks& hooks = {}) {
  Require(getpid() == 1, "PID 1");
  Require(finalize::InstallExitHooks(hooks).ok(), "InstallExitHooks");
}

void SayCause(const Cause& cause) {
  Say(std::string(cause.ToString()) + " " + std::to_string(cause.signal));
}

void Drains() {
  AtExit(SayCause);
  Install();
  Say("ready");
  for (;;) AwaitInput();
}

void Blocks() {
  AtExit(Says{"left"});
  AtExit([] {
    Say("draining");
    for (;;) AwaitInput();
  });
  finalize::ExitHooks hooks;
  hooks.repeat_grace = absl::ZeroDuration();
  Install(hooks);
  Say("ready");
  for (;;) AwaitInput();
}

// Its child, which is not PID 1, dies by default.
void Forks() {
  AtExit(SayCause);
  Install();
  const pid_t child = Forked(fork());
  if (child == 0) {
    raise(SIGTERM);
    _exit(96);
  }
  int status = 0;
  waitpid(child, &status, 0);
  Say("child ended by " + std::to_string(WTERMSIG(status)));
  raise(SIGTERM);
  for (;;) AwaitInput();
}

// Starts this program again as PID 1 of a new namespace. Sends it a SIGTERM,
// from outside, for each byte of its own input, and says how it ended.
[[noreturn]] void Launch(char* program, char* scenario) {
  int input[2];
  Require(pipe2(input, O_CLOEXEC) == 0, "pipe2");
  Require(unshare(CLONE_NEWPID) == 0, "unshare");
  const pid_t one = Forked(fork());
  if (one == 0) {
    dup2(input[0], STDIN_FILENO);  // which does not end
    execl(program, program, scenario, nullptr);
    _exit(95);
  }
  char byte;
  while (read(STDIN_FILENO, &byte, 1) == 1) SendSignal(one, SIGTERM);
  int status = 0;
  Require(waitpid(one, &status, 0) == one, "waitpid");
  Say(WIFEXITED(status) ? "exited with " + std::to_string(WEXITSTATUS(status))
                        : "ended by " + std::to_string(WTERMSIG(status)));
  _exit(0);  // LeakSanitizer cannot start its process in that namespace
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "launch") {
    Launch(argv[0], argv[2]);
  }
  return finalize_test::RunScenario(
      argc, argv, {{"drains", Drains}, {"blocks", Blocks}, {"forks", Forks}});
}
