// The directory of a ProcessRoot: made, locked, opened again, removed.

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "finalize/escaped_text.h"
#include "tempdir/internal/directory_lock.h"
#include "tempdir/internal/parent_directory.h"
#include "tempdir/internal/private_directory.h"
#include "tempdir/internal/process_root.h"
#include "tempdir/internal/root_name.h"

namespace tempdir_internal {
namespace {

using finalize::EscapedText;

// How often it is tried to be faster than the reapers.
constexpr int kMostRoots = 100;
constexpr mode_t kRootMode = 0700;

// It vanished before it was locked.
bool IsTaken(const absl::Status& made) {
  return absl::IsAborted(made) || absl::IsNotFound(made);
}

}  // namespace

// A reaper may take any of them before it is locked: then there is another try.
absl::Status ProcessRoot::Make() {
  if (home_ == Home::kParent) return OpenAgain().status();
  absl::StatusOr<int> parent_fd = OpenParent(parent_);
  if (!parent_fd.ok()) return parent_fd.status();
  absl::Status status = LockEnclosingRoots(*parent_fd, &enclosing_);
  if (status.ok()) {
    int tries = 0;
    do {
      status = MakeOnce(*parent_fd);
    } while (IsTaken(status) && ++tries < kMostRoots);
  }
  close(*parent_fd);
  if (!status.ok()) CloseDescriptors();
  return status;
}

// A directory that somebody replaced between mkdir and open is not used: its
// inode or its owner is another.
absl::Status ProcessRoot::MakeOnce(int parent_fd) {
  const std::string prefix = RootPrefix(geteuid());
  auto made = MakePrivateDirectory(
      parent_fd, {prefix, "", kRootLetters, kRootMode, parent_});
  if (!made.ok()) return made.status();
  const char* const name = made->name.c_str();
  absl::StatusOr<int> fd = OpenLocked(parent_fd, name);
  if (!fd.ok()) {
    unlinkat(parent_fd, name, AT_REMOVEDIR);
    return fd.status();
  }
  path_ = absl::StrCat(parent_ == "/" ? "" : parent_, "/", made->name);
  struct stat seen;
  if (fstat(*fd, &seen) != 0 || !made->identity.Is(*fd) ||
      seen.st_uid != geteuid()) {
    close(*fd);
    return absl::PermissionDeniedError(
        absl::StrCat(EscapedText(path_), " was replaced while it was made"));
  }
  owner_ = seen.st_uid;
  device_ = seen.st_dev;
  inode_ = seen.st_ino;
  fd_.store(*fd, std::memory_order_release);
  return absl::OkStatus();
}

bool ProcessRoot::IsAtItsPath() const {
  struct stat seen;
  const int follow = home_ == Home::kParent ? 0 : AT_SYMLINK_NOFOLLOW;
  return fstatat(AT_FDCWD, path_.c_str(), &seen, follow) == 0 &&
         seen.st_dev == device_ && seen.st_ino == inode_;
}

bool ProcessRoot::IsOpenAt(int fd) const {
  struct stat seen;
  return fstat(fd, &seen) == 0 && seen.st_dev == device_ &&
         seen.st_ino == inode_;
}

absl::StatusOr<int> ProcessRoot::OpenHome() {
  absl::StatusOr<int> fd = OpenParent(parent_);
  if (!fd.ok()) return fd;
  const int clear = fcntl(*fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  close(*fd);
  struct stat seen;
  if (clear < 0 || fstat(clear, &seen) != 0) {
    return absl::ErrnoToStatus(
        errno, absl::StrCat("cannot use ", EscapedText(parent_)));
  }
  path_ = parent_;
  owner_ = geteuid();
  device_ = seen.st_dev;
  inode_ = seen.st_ino;
  return clear;
}

absl::StatusOr<int> ProcessRoot::OpenAgain() {
  // Of the closed descriptors nothing is known.
  enclosing_.clear();
  absl::StatusOr<int> fd =
      home_ == Home::kParent ? OpenHome() : OpenLocked(AT_FDCWD, path_.c_str());
  if (!fd.ok()) return fd;
  const int above =
      openat(*fd, home_ == Home::kParent ? "." : "..", O_PATH | O_CLOEXEC);
  absl::Status status = LockEnclosingRoots(above, &enclosing_);
  if (above >= 0) close(above);
  if (status.ok() && !IsOpenAt(*fd)) {
    status = absl::FailedPreconditionError(
        absl::StrCat("another directory stands at ", EscapedText(path_)));
  }
  if (!status.ok()) {
    close(*fd);
    return status;
  }
  fd_.store(*fd, std::memory_order_release);
  entry_.SetDescriptor(*fd);
  return fd;
}

bool ProcessRoot::RemoveDirectory() {
  return home_ == Home::kRoot && IsAtItsPath() && rmdir(path_.c_str()) == 0;
}

// Never unlocks: a forked child may hold the same locks.
void ProcessRoot::CloseDescriptors() {
  const int fd = fd_.load(std::memory_order_acquire);
  const bool open_still = fd < 0 || IsOpenAt(fd);
  if (fd >= 0 && open_still) close(fd);
  if (!open_still) enclosing_.clear();
  for (int lock : enclosing_) close(lock);
  enclosing_.clear();
}

}  // namespace tempdir_internal
