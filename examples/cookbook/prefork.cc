// SPDX-License-Identifier: Apache-2.0

// Workers that clean up after themselves, and not after their parent.
// docs/cookbook.md quotes it.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <vector>

#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "finalize/exit_in_child.h"
#include "tempdir/temp_dir.h"

[[noreturn]] void Work(int number, int ready) {
  // Nothing of the parent runs in here: not its callbacks, not its temp dirs.
  auto scratch = tempdir::TempDir::Create();
  finalize::AtExit("worker",
                   [number] { std::printf("worker %d cleans up\n", number); });
  if (!scratch.ok() || !finalize::InstallExitHooks().ok()) {
    finalize::ExitInChild(1);
  }
  if (write(ready, "r", 1) != 1) finalize::ExitInChild(1);
  for (;;) pause();
}

int main() {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  auto spool = tempdir::TempDir::Create();
  finalize::AtExit("parent", [] { std::puts("the parent cleans up"); });
  int ready[2];
  if (!spool.ok() || pipe(ready) != 0) return 1;

  std::vector<pid_t> workers;
  for (int number : {1, 2}) {
    const pid_t worker = fork();
    if (worker == 0) Work(number, ready[1]);
    if (worker > 0) workers.push_back(worker);
  }
  close(ready[1]);
  char byte;
  for (size_t i = 0; i < workers.size(); ++i) {
    if (read(ready[0], &byte, 1) != 1) return 1;
  }
  for (pid_t worker : workers) {
    int status = 0;
    kill(worker, SIGTERM);
    waitpid(worker, &status, 0);
    std::printf("it died by signal %d\n", WTERMSIG(status));
  }
}
