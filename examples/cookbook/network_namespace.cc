// SPDX-License-Identifier: Apache-2.0

// A named network namespace that is removed when the process ends.
// docs/cookbook.md quotes it.
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "finalize/options.h"

// The kernel frees the namespace when no process and no mount uses it.
void RemoveNamespace(const std::string& name) {
  umount2(name.c_str(), MNT_DETACH);
  unlink(name.c_str());
}

int main(int argc, char** argv) {
  if (argc != 2 || !finalize::InstallExitHooks().ok()) return 64;
  const std::string name = argv[1];  // such as /run/netns/lab
  const int file =
      open(name.c_str(), O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
  if (file < 0) return 1;  // for example because the name is taken
  close(file);
  finalize::AtExit(finalize::Options("remove network namespace")
                       .set_phase(finalize::kReleasePhase),
                   RemoveNamespace, name);
  if (unshare(CLONE_NEWNET) != 0 ||
      mount("/proc/thread-self/ns/net", name.c_str(), nullptr, MS_BIND,
            nullptr) != 0) {
    std::perror(name.c_str());  // not root
    return 1;                   // removes the file
  }
  std::puts("the namespace has a name");
  std::fflush(stdout);
  for (;;) pause();
}
