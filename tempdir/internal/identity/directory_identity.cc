// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/identity/directory_identity.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <utility>

#include "absl/status/status.h"

namespace tempdir_internal {
namespace {

// Not fstat: ThreadSanitizer relates it to the thread that it last saw close a
// descriptor of this number, and it does not see the removal engine close its
// descriptors.
bool Examine(int fd, struct stat* status) {
  return fstatat(fd, "", status, AT_EMPTY_PATH) == 0;
}

}  // namespace

bool HandlesLast(int fd) {
  constexpr unsigned kFuse = 0x65735546;
  struct statfs status;
  return fstatfs(fd, &status) == 0 &&
         static_cast<unsigned>(status.f_type) != kFuse;
}

// The types of FUSE. XFS uses the same.
bool HandleLasts(int fd, int type) {
  return (type != 0x81 && type != 0x82) || HandlesLast(fd);
}

absl::StatusOr<DirectoryIdentity> DirectoryIdentity::Of(int fd) {
  struct stat status;
  if (!Examine(fd, &status)) {
    return absl::ErrnoToStatus(errno, "cannot examine directory");
  }
  if (!S_ISDIR(status.st_mode)) {
    return absl::ErrnoToStatus(ENOTDIR, "cannot identify");
  }
  DirectoryIdentity identity;
  identity.device_ = status.st_dev;
  identity.inode_ = status.st_ino;
  identity.handle_ = HandleOf(fd);
  if (identity.handle_.size == 0) {
    identity.held_fd_ = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (identity.held_fd_ < 0) {
      return absl::ErrnoToStatus(errno, "cannot hold directory");
    }
  }
  return identity;
}

DirectoryIdentity::DirectoryIdentity(DirectoryIdentity&& other) noexcept
    : device_(other.device_),
      inode_(other.inode_),
      handle_(other.handle_),
      held_fd_(std::exchange(other.held_fd_, -1)) {}

DirectoryIdentity& DirectoryIdentity::operator=(
    DirectoryIdentity&& other) noexcept {
  std::swap(device_, other.device_);
  std::swap(inode_, other.inode_);
  std::swap(handle_, other.handle_);
  std::swap(held_fd_, other.held_fd_);
  return *this;
}

DirectoryIdentity::~DirectoryIdentity() {
  if (held_fd_ >= 0) close(held_fd_);
}

bool DirectoryIdentity::Is(int fd) const {
  struct stat status;
  if (!Examine(fd, &status)) return false;
  if (status.st_dev != device_ || status.st_ino != inode_) return false;
  if (handle_.size == 0) return held_fd_ >= 0;
  const Handle handle = HandleOf(fd);
  return handle.size == handle_.size && handle.type == handle_.type &&
         memcmp(handle.bytes, handle_.bytes, handle.size) == 0;
}

DirectoryIdentity::Handle DirectoryIdentity::HandleOf(int fd) {
  union {
    file_handle header;
    char room[sizeof(file_handle) + Handle::kMaxSize];
  } answer;
  answer.header.handle_bytes = Handle::kMaxSize;
  int mount_id;
  Handle handle;
  if (name_to_handle_at(fd, "", &answer.header, &mount_id, AT_EMPTY_PATH) !=
          0 ||
      !HandleLasts(fd, answer.header.handle_type)) {
    return handle;
  }
  handle.size = answer.header.handle_bytes;
  handle.type = answer.header.handle_type;
  memcpy(handle.bytes, answer.room + sizeof(file_handle), handle.size);
  return handle;
}

}  // namespace tempdir_internal
