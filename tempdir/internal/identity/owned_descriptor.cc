// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/identity/owned_descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

namespace tempdir_internal {

void OwnedDescriptor::Take(int fd, const FileIdentity& identity) {
  identity_ = identity;
  fd_.store(fd, std::memory_order_release);
}

bool OwnedDescriptor::Look(FileIdentity* seen) const {
  const int open_one = fd();
  return open_one >= 0 && seen->LookAt(open_one, "") == 0 &&
         seen->Is(identity_);
}

absl::Status OwnedDescriptor::Close() {
  FileIdentity seen;
  const bool is_open = Look(&seen);
  const int closed = fd_.exchange(-1, std::memory_order_acq_rel);
  // EINTR: Linux has closed it.
  if (closed < 0 || !is_open || close(closed) == 0 || errno == EINTR) {
    return absl::OkStatus();
  }
  return absl::ErrnoToStatus(errno, "cannot write a temporary file");
}

int OpenFileClear(int directory, const char* name, int flags, mode_t mode) {
  const int fd = openat(directory, name, O_RDWR | O_CLOEXEC | flags, mode);
  if (fd < 0 || fd > STDERR_FILENO) return fd;
  const int moved = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  const int error = errno;
  close(fd);
  errno = error;
  return moved;
}

}  // namespace tempdir_internal
