// SPDX-License-Identifier: Apache-2.0

// A temp dir that SIGTERM, SIGINT and SIGHUP remove. docs/cookbook.md quotes
// it.
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "finalize/exit_hooks.h"
#include "tempdir/temp_dir.h"

int main() {
  if (!finalize::InstallExitHooks().ok()) return 1;
  auto dir = tempdir::TempDir::Create();
  if (!dir.ok()) return 1;
  std::ofstream(dir->std_path() / "part") << "half of the work";
  std::puts("working");
  std::fflush(stdout);
  for (;;)
    pause();  // SIGTERM: the directory is removed; the process dies by it
}
