// SPDX-License-Identifier: Apache-2.0

#include "tempdir/passed_lock.h"

#include <unistd.h>

namespace tempdir {

// Never unlocks: the program's descriptor is of the same open file description.
PassedLock::~PassedLock() {
  if (fd_ >= 0) close(fd_);
}

absl::Status PassedLock::AddTo(posix_spawn_file_actions_t* actions,
                               int number) const {
  if (fd_ < 0) {
    return absl::FailedPreconditionError("the lock was moved from");
  }
  const int error = posix_spawn_file_actions_adddup2(actions, fd_, number);
  if (error == 0) return absl::OkStatus();
  return absl::ErrnoToStatus(error, "cannot pass the lock of a temp dir");
}

}  // namespace tempdir
