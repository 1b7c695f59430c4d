// SPDX-License-Identifier: Apache-2.0

// A pid file that is removed with its process. docs/cookbook.md quotes it.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "finalize/options.h"

// Returns the locked file; -1 if another process has it. The kernel drops the
// lock of a process that was killed, so the pid in the file decides nothing.
int LockPidFile(const std::string& path) {
  for (;;) {
    const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (file < 0) return -1;
    struct stat locked, named;
    if (flock(file, LOCK_EX | LOCK_NB) != 0) {
      close(file);
      return -1;
    }
    if (fstat(file, &locked) == 0 && stat(path.c_str(), &named) == 0 &&
        locked.st_ino == named.st_ino && locked.st_dev == named.st_dev) {
      return file;
    }
    close(file);  // its owner has just removed it
  }
}

int main(int argc, char** argv) {
  if (argc != 2 || !finalize::InstallExitHooks().ok()) return 64;
  const std::string path = argv[1];
  const int file = LockPidFile(path);
  if (file < 0) return 1;
  finalize::AtExit(
      finalize::Options("remove pid file").set_phase(finalize::kReleasePhase),
      [path] { unlink(path.c_str()); });
  if (ftruncate(file, 0) != 0 || dprintf(file, "%d\n", getpid()) < 0) return 1;
  std::puts("serving");
  std::fflush(stdout);
  for (;;) pause();
}
