// SPDX-License-Identifier: Apache-2.0

// A child process that ends with its parent. docs/cookbook.md quotes it.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"

void Stop(pid_t child) {
  int status = 0;
  kill(child, SIGTERM);
  waitpid(child, &status, 0);
  std::printf("the child died by signal %d\n", WTERMSIG(status));
}

int main() {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  if (!finalize::InstallExitHooks().ok()) return 1;
  const pid_t child = fork();
  if (child < 0) return 1;
  if (child == 0) {
    execlp("sleep", "sleep", "infinity", nullptr);
    _exit(127);
  }
  finalize::AtExit("stop child", Stop, child);
  std::puts("working");
  for (;;) pause();
}
