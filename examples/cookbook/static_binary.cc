// SPDX-License-Identifier: Apache-2.0

// Linked with -static: one file, which needs no library at run time.
// docs/cookbook.md quotes it.
#include <sys/auxv.h>
#include <unistd.h>

#include <cstdio>

#include "finalize/exit_hooks.h"
#include "tempdir/temp_dir.h"

int main() {
  if (!finalize::InstallExitHooks().ok()) return 1;
  auto dir = tempdir::TempDir::Create();
  if (!dir.ok()) return 1;
  // The kernel loads a dynamic linker for any other kind of program.
  std::printf("dynamic linker: %s\n", getauxval(AT_BASE) == 0 ? "none" : "one");
  std::fflush(stdout);
  for (;;) pause();  // SIGTERM removes the directory
}
