// SPDX-License-Identifier: Apache-2.0

// A lock file that also is the next version of what it locks, as in Git.
// docs/cookbook.md quotes it.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "finalize/exit_hooks.h"
#include "finalize/finally.h"

int main(int argc, char** argv) {
  if (argc != 2 || !finalize::InstallExitHooks().ok()) return 64;
  const std::string path = argv[1], lock = path + ".lock";
  const int file =
      open(lock.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (file < 0) return 1;  // another process is changing the file
  finalize::Finally unlock("unlock", [&lock] { unlink(lock.c_str()); });

  std::puts("locked");
  std::fflush(stdout);
  char line[512];
  for (ssize_t size; (size = read(STDIN_FILENO, line, sizeof line)) != 0;) {
    if (size < 0 || write(file, line, size) != size) return 1;  // unlocks
  }
  if (close(file) != 0 || rename(lock.c_str(), path.c_str()) != 0) return 1;
  unlock.Cancel();  // the lock is the file now
  std::puts("changed");
}
