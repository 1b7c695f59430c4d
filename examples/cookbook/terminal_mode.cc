// SPDX-License-Identifier: Apache-2.0

// A terminal that gets its mode back, however the process ends.
// docs/cookbook.md quotes it.
#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cstdio>

#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"

int main(int argc, char** argv) {
  if (!finalize::InstallExitHooks().ok()) return 1;
  const int terminal =
      open(argc > 1 ? argv[1] : "/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
  termios mode;
  if (tcgetattr(terminal, &mode) != 0) return 1;
  finalize::AtExit("restore terminal",
                   [terminal, mode] { tcsetattr(terminal, TCSADRAIN, &mode); });
  cfmakeraw(&mode);
  if (tcsetattr(terminal, TCSADRAIN, &mode) != 0) return 1;
  std::puts("raw");
  std::fflush(stdout);
  for (;;) pause();
}
