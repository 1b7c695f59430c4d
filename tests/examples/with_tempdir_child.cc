// SPDX-License-Identifier: Apache-2.0

// with_tempdir_child FILE NUMBER: counts the signal of that number until
// SIGRTMIN comes, which of what is there at once is taken last. Writes the
// process id of its parent to FILE.

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  sigset_t awaited;
  sigemptyset(&awaited);
  sigaddset(&awaited, atoi(argv[2]));
  sigaddset(&awaited, SIGRTMIN);
  sigprocmask(SIG_BLOCK, &awaited, nullptr);
  std::ofstream(argv[1]) << getppid() << std::endl;
  dprintf(STDOUT_FILENO, "ready\n");
  for (int count = 0;;) {
    if (sigwaitinfo(&awaited, nullptr) == SIGRTMIN) {
      dprintf(STDOUT_FILENO, "%d times\n", count);
      return 0;
    }
    dprintf(STDOUT_FILENO, "<%d>\n", ++count);
  }
}
