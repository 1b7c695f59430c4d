// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/root/directory_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "finalize/escaped_text.h"
#include "tempdir/internal/marks/keep_mark.h"
#include "tempdir/internal/marks/root_mark.h"
#include "tempdir/internal/marks/root_name.h"
#include "tempdir/internal/system/local_file_system.h"

namespace tempdir_internal {
namespace {

using finalize::EscapedText;

// Programs close the standard streams and open them again.
int OpenClear(int parent_fd, const char* name, int extra_flags) {
  const int fd =
      openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | extra_flags);
  if (fd < 0 || fd > STDERR_FILENO) return fd;
  const int moved = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  close(fd);
  return moved;
}

absl::Status Taken(absl::string_view name) {
  return absl::AbortedError(absl::StrCat(EscapedText(std::string(name)),
                                         " is gone, or a reaper has it"));
}

absl::Status LockShared(int fd, const char* name) {
  if (flock(fd, LOCK_SH | LOCK_NB) == 0) return absl::OkStatus();
  if (errno == EWOULDBLOCK) return Taken(name);
  const int error = errno;
  if (!FileSystemOf(fd).flock_holds) return absl::OkStatus();
  return absl::ErrnoToStatus(error,
                             absl::StrCat("cannot lock ", EscapedText(name)));
}

std::string PathOf(int fd) {
  char link[32];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  char target[PATH_MAX];
  const ssize_t length = readlink(link, target, sizeof target);
  return length > 0 && target[0] == '/'
             ? std::string(target, static_cast<size_t>(length))
             : std::string();
}

// What cannot be opened cannot be locked: it belongs to somebody else, and so
// do the reapers that could remove it.
absl::Status LockEnclosing(const std::string& path, std::vector<int>* locks) {
  const int fd = OpenClear(AT_FDCWD, path.c_str(), O_NOFOLLOW);
  if (fd < 0) return errno == ENOENT ? Taken(path) : absl::OkStatus();
  absl::Status status = LockShared(fd, path.c_str());
  if (status.ok() && !NameMeans(AT_FDCWD, path.c_str(), fd)) {
    status = Taken(path);
  }
  status.ok() ? locks->push_back(fd) : static_cast<void>(close(fd));
  return status;
}

}  // namespace

HeldLock::HeldLock(int fd, std::string name) : fd_(fd), name_(std::move(name)) {
  struct stat status;
  if (fstatat(fd, "", &status, AT_EMPTY_PATH) == 0) {
    device_ = status.st_dev;
    inode_ = status.st_ino;
  }
}

HeldLock::HeldLock(HeldLock&& other) noexcept { *this = std::move(other); }

HeldLock& HeldLock::operator=(HeldLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(name_, other.name_);
  std::swap(device_, other.device_);
  std::swap(inode_, other.inode_);
  return *this;
}

bool HeldLock::IsOpenAt(int fd) const {
  struct stat status;
  return fstatat(fd, "", &status, AT_EMPTY_PATH) == 0 &&
         status.st_dev == device_ && status.st_ino == inode_;
}

void HeldLock::Release() {
  if (fd_ >= 0 && IsOpenAt(fd_)) close(fd_);
  fd_ = -1;
}

void HeldLock::Unmark() {
  if (fd_ < 0 || !IsOpenAt(fd_)) return;
  UnmarkRoot(fd_);
  UnmarkLiveDirectly(fd_);
}

bool HeldLock::TakeAgain(int parent_fd) {
  if (fd_ < 0 || IsOpenAt(fd_)) return false;
  const absl::StatusOr<int> fd = OpenLocked(parent_fd, name_.c_str());
  if (!fd.ok()) return false;
  if (IsOpenAt(*fd)) {
    fd_ = *fd;
    return true;
  }
  close(*fd);
  return false;
}

bool NameMeans(int parent_fd, const char* name, int fd) {
  struct stat named, open_one;
  return fstatat(parent_fd, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
         fstatat(fd, "", &open_one, AT_EMPTY_PATH) == 0 &&
         named.st_dev == open_one.st_dev && named.st_ino == open_one.st_ino;
}

absl::StatusOr<int> OpenLocked(int parent_fd, const char* name) {
  const int fd = OpenClear(parent_fd, name, O_NOFOLLOW);
  if (fd < 0) {
    if (errno == ENOENT) return Taken(name);
    return absl::ErrnoToStatus(errno,
                               absl::StrCat("cannot use ", EscapedText(name)));
  }
  absl::Status status = LockShared(fd, name);
  if (status.ok() && !NameMeans(parent_fd, name, fd)) status = Taken(name);
  if (status.ok()) return fd;
  close(fd);
  return status;
}

absl::Status LockEnclosingRoots(int fd, std::vector<int>* locks) {
  const std::string path = PathOf(fd);
  for (size_t end = 1; end <= path.size(); ++end) {
    if (end < path.size() && path[end] != '/') continue;
    const size_t start = path.rfind('/', end - 1) + 1;
    const auto component = std::string_view(path).substr(start, end - start);
    if (!ParseRootName(component)) continue;
    absl::Status status = LockEnclosing(path.substr(0, end), locks);
    if (!status.ok()) return status;
  }
  // Between the look and the locks a reaper may have renamed one.
  return locks->empty() || PathOf(fd) == path ? absl::OkStatus() : Taken(path);
}

}  // namespace tempdir_internal
