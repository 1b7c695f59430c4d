// SPDX-License-Identifier: Apache-2.0

// The path of a Unix socket, which is removed with its process.
// docs/cookbook.md quotes it.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string>

#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "finalize/options.h"

int main(int argc, char** argv) {
  if (argc != 2 || !finalize::InstallExitHooks().ok()) return 64;
  const std::string path = argv[1];
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return 64;
  std::memcpy(address.sun_path, path.c_str(), path.size());

  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address)) {
    return 1;  // for example because the path exists
  }
  finalize::AtExit(finalize::Options("close listener")
                       .set_phase(finalize::kStopAcceptingPhase),
                   [path, listener] {
                     unlink(path.c_str());
                     close(listener);
                   });
  if (listen(listener, 16) != 0) return 1;
  std::puts("listening");
  std::fflush(stdout);
  for (;;) pause();
}
