// SPDX-License-Identifier: Apache-2.0

// A cgroup that ends with the process, and everything that runs in it.
// docs/cookbook.md quotes it.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "finalize/options.h"

// Kills all processes of the cgroup, also those that its children have started.
void RemoveCgroup(const std::string& path) {
  std::ofstream(path + "/cgroup.kill") << 1;  // Linux 5.14 or newer
  pollfd events = {
      open((path + "/cgroup.events").c_str(), O_RDONLY | O_CLOEXEC), POLLPRI,
      0};
  char state[256];
  // After each read, poll() waits until the cgroup changes: until it is empty.
  while (pread(events.fd, state, sizeof state, 0) >= 0 &&
         rmdir(path.c_str()) != 0 && errno == EBUSY) {
    poll(&events, 1, -1);
  }
  close(events.fd);
}

int main(int argc, char** argv) {
  if (argc != 2 || !finalize::InstallExitHooks().ok()) return 64;
  const std::string path = argv[1];  // such as /sys/fs/cgroup/jobs
  if (mkdir(path.c_str(), 0755) != 0) return 1;
  finalize::AtExit(
      finalize::Options("remove cgroup").set_phase(finalize::kReleasePhase),
      RemoveCgroup, path);

  const pid_t child = fork();
  if (child < 0) return 1;
  if (child == 0) {
    const int members =
        open((path + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC);
    if (write(members, "0", 1) != 1) _exit(126);  // "0" is the writer itself
    execlp("sh", "sh", "-c", "sleep infinity & echo working; wait", nullptr);
    _exit(127);
  }
  for (;;) pause();
}
