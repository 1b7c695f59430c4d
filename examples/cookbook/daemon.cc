// SPDX-License-Identifier: Apache-2.0

// A daemon that takes over what its parent registered. docs/cookbook.md quotes
// it.
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "finalize/adopt_after_fork.h"
#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "tempdir/temp_dir.h"

void RemovePidFile(const std::string& file) {
  if (unlink(file.c_str()) == 0) std::puts("the pid file is removed");
}

int main(int argc, char** argv) {
  if (argc != 2) return 64;
  const std::string pid_file = argv[1];
  auto spool = tempdir::TempDir::Create();
  if (!spool.ok()) return 1;
  finalize::AtExit("remove pid file", RemovePidFile, pid_file);

  const pid_t child = fork();
  if (child < 0) return 1;
  if (child > 0) _exit(0);  // not exit(): the child owns everything now
  if (!finalize::AdoptAfterFork().ok()) _exit(1);
  setsid();
  if (!finalize::InstallExitHooks().ok()) return 1;  // not inherited

  std::ofstream(pid_file) << getpid() << "\n";
  std::puts("the daemon works");
}
