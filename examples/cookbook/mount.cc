// SPDX-License-Identifier: Apache-2.0

// A mount that is undone when the process ends. docs/cookbook.md quotes it.
#include <sys/mount.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "finalize/options.h"
#include "tempdir/temp_dir.h"

int main() {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  if (!finalize::InstallExitHooks().ok()) return 1;
  auto dir = tempdir::TempDir::Create();
  if (!dir.ok()) return 1;
  const std::string point = dir->std_path();
  finalize::AtExit(
      finalize::Options("unmount").set_phase(finalize::kReleasePhase), [point] {
        if (umount2(point.c_str(), MNT_DETACH) == 0) std::puts("unmounted");
      });  // the temp dir is removed after this phase
  if (mount("scratch", point.c_str(), "tmpfs", 0, "size=1m") != 0) {
    std::perror("mount");  // not root
    return 1;
  }
  std::puts("mounted");
  for (;;) pause();
}
