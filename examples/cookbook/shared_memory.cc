// SPDX-License-Identifier: Apache-2.0

// POSIX shared memory, whose name is removed with its process.
// docs/cookbook.md quotes it.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "finalize/options.h"

int main(int argc, char** argv) {
  if (argc != 2 || !finalize::InstallExitHooks().ok()) return 64;
  const std::string name = argv[1];  // such as /counters
  const int memory = shm_open(name.c_str(), O_RDWR | O_CREAT | O_EXCL, 0600);
  if (memory < 0) return 1;
  finalize::AtExit(finalize::Options("remove shared memory")
                       .set_phase(finalize::kReleasePhase),
                   [name] { shm_unlink(name.c_str()); });
  if (ftruncate(memory, 4096) != 0) return 1;
  std::puts("sharing");
  std::fflush(stdout);
  for (;;) pause();
}
