// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/crash/crash_reserve.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

#include "finalize/internal/node/fork_epoch.h"
#include "finalize/internal/signals/exit_hook_settings.h"

namespace finalize_internal {
namespace {

// Ends of one pipe, which nothing else uses.
constexpr int kReserved = 6;
int reserved[kReserved];
struct stat reserved_pipe;
uint32_t reserved_epoch = 0;

bool Examine(int fd, struct stat* status) {
  return fstatat(fd, "", status, AT_EMPTY_PATH) == 0;
}

}  // namespace

// The program may have closed them: then the number may be another file's.
void FreeDescriptors() {
  if (reserved_epoch != OwnerEpoch()) return;
  for (const int fd : reserved) {
    struct stat seen;
    if (Examine(fd, &seen) && seen.st_dev == reserved_pipe.st_dev &&
        seen.st_ino == reserved_pipe.st_ino) {
      syscall(SYS_close, fd);
    }
  }
}

// Above the numbers of the standard streams, which programs close and open
// again.
bool ReserveDescriptors() {
  if (reserved_epoch == CurrentEpoch()) return true;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  int count = 0;
  while (count < kReserved) {
    const int fd = fcntl(ends[0], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (fd < 0) break;
    reserved[count++] = fd;
  }
  const bool reserves = count == kReserved && Examine(ends[0], &reserved_pipe);
  close(ends[0]);
  close(ends[1]);
  while (!reserves && count > 0) close(reserved[--count]);
  if (reserves) reserved_epoch = CurrentEpoch();
  return reserves;
}

}  // namespace finalize_internal
