// SPDX-License-Identifier: Apache-2.0

// A daemon that adopts what its parent registered, and is sent SIGTERM. Its
// grandparent, which registers nothing, becomes its parent and sees its end.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "finalize/adopt_after_fork.h"
#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "tests/support/forked.h"
#include "tests/support/scenario.h"

namespace {

using finalize::AtExit;
using finalize::Cause;
using finalize::Options;
using finalize_test::AwaitInput;
using finalize_test::Forked;
using finalize_test::Require;
using finalize_test::Say;

struct SaysWhy {
  void operator()(const Cause& cause) const {
    Say(word + (": " + std::string(cause.ToString())));
  }
  const char* word;
};

void Install() {
  Require(finalize::InstallExitHooks().ok(), "InstallExitHooks");
}

void Adopt() {
  const absl::StatusOr<size_t> adopted = finalize::AdoptAfterFork();
  Require(adopted.ok() && *adopted == 3, "AdoptAfterFork");
  AtExit(SaysWhy{"own"});
}

[[noreturn]] void AwaitDeath() {
  raise(SIGTERM);
  for (;;) AwaitInput();
}

// Runs `daemon` in the child of a process that has registered and left.
void Watch(void (*daemon)(), bool parent_installs) {
  Require(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0, "prctl");
  const pid_t parent = Forked(fork());
  if (parent == 0) {
    AtExit(SaysWhy{"older"});
    AtExit(Options().set_phase(1), SaysWhy{"high"});
    AtExit(SaysWhy{"newer"});
    if (parent_installs) Install();
    if (Forked(fork()) == 0) daemon();
    _exit(7);
  }
  int status = 0;
  Require(waitpid(parent, &status, 0) == parent && WIFEXITED(status) &&
              WEXITSTATUS(status) == 7,
          "parent");
  Require(wait(&status) > 0 && WIFSIGNALED(status), "daemon");
  Say("killed by " + std::to_string(WTERMSIG(status)));
}

void InstallsAfterAdoption() {
  Watch(
      [] {
        Adopt();
        Install();
        AwaitDeath();
      },
      /*parent_installs=*/false);
}
void InstallsBeforeAdoption() {
  Watch(
      [] {
        Install();
        Adopt();
        AwaitDeath();
      },
      /*parent_installs=*/false);
}
// The parent had hooks of its own.
void InstallsAgain() {
  Watch(
      [] {
        Adopt();
        Install();
        AwaitDeath();
      },
      /*parent_installs=*/true);
}
// The daemon adopts finalizers, not the hooks of its parent.
void InstallsNone() {
  Watch(
      [] {
        Adopt();
        AwaitDeath();
      },
      /*parent_installs=*/true);
}

}  // namespace

int main(int argc, char** argv) {
  return finalize_test::RunScenario(
      argc, argv,
      {{"installs-after-adoption", InstallsAfterAdoption},
       {"installs-before-adoption", InstallsBeforeAdoption},
       {"installs-again", InstallsAgain},
       {"installs-none", InstallsNone}});
}
