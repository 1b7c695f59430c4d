// SPDX-License-Identifier: Apache-2.0

// A loop that learns of SIGTERM by a descriptor, and finishes its work.
// docs/cookbook.md quotes it.
#include <poll.h>
#include <unistd.h>

#include <cstdio>

#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"

int main() {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  finalize::ExitHooks hooks;
  hooks.shutdown_descriptor = true;
  if (!finalize::InstallExitHooks(hooks).ok()) return 1;
  finalize::AtExit("close", [] { std::puts("the listener is closed"); });

  std::puts("ready");
  pollfd watched[] = {{finalize::ShutdownDescriptor(), POLLIN, 0},
                      {STDIN_FILENO, POLLIN, 0}};
  for (;;) {
    if (poll(watched, 2, -1) < 0) continue;
    if (watched[0].revents != 0) break;
    char request[512];
    const ssize_t size = read(STDIN_FILENO, request, sizeof request);
    if (size <= 0) return 0;  // the end of the input
    std::printf("answer to %.*s", static_cast<int>(size), request);
  }
  std::puts("the loop ends");  // finish here what is under way
  finalize::EndBySignal(finalize::ShutdownSignal());
}
