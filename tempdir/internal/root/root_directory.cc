// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/root/root_directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string_view>

#include "absl/strings/str_cat.h"
#include "finalize/escaped_text.h"
#include "tempdir/internal/marks/keep_mark.h"
#include "tempdir/internal/marks/root_mark.h"
#include "tempdir/internal/marks/root_name.h"
#include "tempdir/internal/root/directory_lock.h"
#include "tempdir/internal/root/parent_directory.h"
#include "tempdir/internal/root/private_directory.h"
#include "tempdir/internal/system/local_file_system.h"
#include "tempdir/internal/system/random_name.h"

namespace tempdir_internal {
namespace {

using finalize::EscapedText;

// How many roots are created at most, if a reaper takes each of them.
constexpr int kMaxRoots = 100;

// A reaper took it before it was locked.
bool IsTaken(const absl::Status& made) {
  return absl::IsAborted(made) || absl::IsNotFound(made);
}

// Takes another descriptor, since reading moves what is open.
bool HoldsLiveMarkAtMost(int fd) {
  const int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* const entries = own < 0 ? nullptr : fdopendir(own);
  if (entries == nullptr) {
    if (own >= 0) close(own);
    return false;
  }
  bool holds_more = false;
  while (const dirent* const entry = holds_more ? nullptr : readdir(entries)) {
    const std::string_view name = entry->d_name;
    holds_more = name != "." && name != ".." && name != kKeepMark;
  }
  closedir(entries);
  return !holds_more;
}

}  // namespace

// A reaper may take any of them before it is locked; then another is created.
absl::Status RootDirectory::Make() {
  if (home_ == Home::kParent) return OpenAgain().status();
  absl::StatusOr<OpenedParent> parent = OpenParent(parent_);
  if (!parent.ok()) return parent.status();
  guarantees_.path = parent->closed_to_others;
  absl::Status status = LockEnclosingRoots(parent->fd, &enclosing_);
  if (status.ok()) {
    int tries = 0;
    do {
      status = MakeOnce(parent->fd);
    } while (IsTaken(status) && ++tries < kMaxRoots);
  }
  close(parent->fd);
  if (!status.ok()) CloseDescriptors();
  return status;
}

absl::Status RootDirectory::MakeOnce(int parent_fd) {
  const std::string prefix = RootPrefix(geteuid());
  auto made = MakePrivateDirectory(
      parent_fd, {prefix, "", kRootLetters, kMarkedRootMode, parent_,
                  &AppendRandomLetters, false, !guarantees_.path});
  if (!made.ok()) return made.status();
  path_ = absl::StrCat(parent_ == "/" ? "" : parent_, "/", made->name);
  absl::StatusOr<int> fd = TakeMade(parent_fd, *made);
  if (!fd.ok()) {
    unlinkat(parent_fd, made->name.c_str(), AT_REMOVEDIR);
    return fd.status();
  }
  user_ = geteuid();
  fd_.store(*fd, std::memory_order_release);
  return absl::OkStatus();
}

// A directory that another user put there between mkdir and open is not used:
// it has another identity or, if it was there before the identity was taken,
// another owner. Another owner is accepted only if no other user can do that,
// or if the file system is known not to show the owner.
absl::StatusOr<int> RootDirectory::TakeMade(int parent_fd,
                                            const PrivateDirectory& made) {
  absl::StatusOr<int> fd = OpenLocked(parent_fd, made.name.c_str());
  if (!fd.ok()) return fd;
  struct stat seen;
  guarantees_.lock = FileSystemOf(*fd).flock_holds;
  guarantees_.owner = made.is_shown_own;
  absl::Status status;
  if (fstatat(*fd, "", &seen, AT_EMPTY_PATH) != 0 || !made.identity.Is(*fd) ||
      (!made.is_shown_own && !guarantees_.path && guarantees_.lock)) {
    status = absl::AbortedError(absl::StrCat(
        EscapedText(path_), " was replaced while it was being created"));
  } else {
    guarantees_.mode = (seen.st_mode & (S_IRWXG | S_IRWXO)) == 0;
    device_ = seen.st_dev;
    inode_ = seen.st_ino;
    status = Mark(*fd);
  }
  if (status.ok() && !NameMeans(parent_fd, made.name.c_str(), *fd)) {
    status =
        absl::AbortedError(absl::StrCat(EscapedText(path_), " was removed"));
  }
  if (status.ok()) return fd;
  if (!guarantees_.lock) UnmarkLive(*fd);
  close(*fd);
  return status;
}

// The live mark first: a reaper that finds the mark of a root finds it, too.
absl::Status RootDirectory::Mark(int fd) {
  if (!guarantees_.lock) {
    const bool locked = flock(fd, LOCK_SH | LOCK_NB) == 0;
    absl::Status status = MarkLive(fd, locked, path_);
    if (!status.ok()) return status;
  }
  return MarkRoot(fd, path_);
}

bool RootDirectory::IsAtItsPath() const {
  struct stat seen;
  const int follow = home_ == Home::kParent ? 0 : AT_SYMLINK_NOFOLLOW;
  return fstatat(AT_FDCWD, path_.c_str(), &seen, follow) == 0 &&
         seen.st_dev == device_ && seen.st_ino == inode_;
}

bool RootDirectory::IsOpenAt(int fd) const {
  struct stat seen;
  return fstat(fd, &seen) == 0 && seen.st_dev == device_ &&
         seen.st_ino == inode_;
}

absl::StatusOr<int> RootDirectory::OpenHome() {
  absl::StatusOr<OpenedParent> parent = OpenParent(parent_);
  if (!parent.ok()) return parent.status();
  const int clear = fcntl(parent->fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  close(parent->fd);
  struct stat seen;
  if (clear < 0 || fstat(clear, &seen) != 0) {
    return absl::ErrnoToStatus(
        errno, absl::StrCat("cannot use ", EscapedText(parent_)));
  }
  path_ = parent_;
  user_ = geteuid();
  guarantees_.path = parent->closed_to_others;
  guarantees_.lock = FileSystemOf(clear).flock_holds;
  device_ = seen.st_dev;
  inode_ = seen.st_ino;
  return clear;
}

absl::StatusOr<int> RootDirectory::OpenAgain() {
  // The program closed the descriptors: their numbers may be other files' now.
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
        absl::StrCat("there is another directory at ", EscapedText(path_)));
  }
  if (!status.ok()) {
    close(*fd);
    return status;
  }
  fd_.store(*fd, std::memory_order_release);
  return fd;
}

// By descriptor first, because its parent may have another path now. But the
// number may be another file's, from which the name leads elsewhere.
bool RootDirectory::Remove() {
  if (home_ == Home::kParent) return false;
  const std::string name = path_.substr(path_.rfind('/') + 1);
  return RemoveAt(fd(), "../" + name) || RemoveAt(AT_FDCWD, path_);
}

// A live mark stays in a root that holds anything else.
bool RootDirectory::RemoveAt(int base, const std::string& name) {
  struct stat seen;
  if (fstatat(base, name.c_str(), &seen, AT_SYMLINK_NOFOLLOW) != 0 ||
      seen.st_dev != device_ || seen.st_ino != inode_) {
    return false;
  }
  if (guarantees_.lock) return unlinkat(base, name.c_str(), AT_REMOVEDIR) == 0;
  const int held = openat(base, name.c_str(),
                          O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (held < 0) return false;
  bool removed = false;
  if (HoldsLiveMarkAtMost(held)) {
    UnmarkLive(held);
    removed = unlinkat(base, name.c_str(), AT_REMOVEDIR) == 0;
  }
  close(held);
  return removed;
}

void RootDirectory::CloseDescriptors() {
  const int fd = fd_.load(std::memory_order_acquire);
  const bool open_still = fd < 0 || IsOpenAt(fd);
  if (fd >= 0 && open_still) close(fd);
  if (!open_still) enclosing_.clear();
  for (int lock : enclosing_) close(lock);
  enclosing_.clear();
}

}  // namespace tempdir_internal
