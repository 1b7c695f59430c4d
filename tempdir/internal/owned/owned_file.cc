// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/owned/owned_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string_view>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "finalize/escaped_text.h"
#include "tempdir/internal/root/private_directory.h"
#include "tempdir/internal/system/random_name.h"

namespace tempdir_internal {
namespace {

using finalize::EscapedText;

constexpr mode_t kPermissions = 07777;

absl::Status CannotMake(const std::string& where, int error) {
  return absl::ErrnoToStatus(
      error,
      absl::StrCat("cannot create a temporary file in ", EscapedText(where)));
}

// What was created through the root's descriptor has to be seen at the root's
// path: else the root was moved, or the program has closed the descriptor.
absl::Status CheckPath(const ProcessRoot& root, const std::string& name,
                       const FileIdentity& identity) {
  const std::string path =
      absl::StrCat(root.path() == "/" ? "" : root.path(), "/", name);
  FileIdentity seen;
  const int error = seen.LookAt(AT_FDCWD, path.c_str());
  if (error != 0) return CannotMake(root.path(), error);
  return seen.Is(identity) ? absl::OkStatus() : CannotMake(root.path(), ENOENT);
}

}  // namespace

absl::Status SettleFileMode(int fd, const tempdir::TempDirOptions& options,
                            FileIdentity* identity) {
  const mode_t mode = options.has_mode() ? options.mode() : kFileMode;
  if (const int error = identity->LookAt(fd, ""); error != 0) {
    return absl::ErrnoToStatus(error, "cannot examine a temporary file");
  }
  if ((identity->mode & kPermissions) == mode) return absl::OkStatus();
  if (fchmod(fd, mode) == 0) identity->LookAt(fd, "");
  if ((identity->mode & kPermissions) == mode || !options.insists_on_mode()) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrFormat(
      "the file system gives a temporary file the mode %#o, not %#o",
      identity->mode & kPermissions, mode));
}

absl::Status OwnedFile::CheckOptions() const {
  return CheckTempFileOptions(options());
}

absl::Status OwnedFile::MakeEntry(const ProcessRoot& root) {
  const mode_t mode = options().has_mode() ? options().mode() : kFileMode;
  for (int tries = 0; tries < kMaxNames; ++tries) {
    std::string name = options().prefix();
    if (!AppendRandomLetters(&name, kNameLetters)) break;
    name.append(options().suffix());
    const int fd = OpenFileClear(root.fd(), name.c_str(),
                                 O_CREAT | O_EXCL | O_NOFOLLOW, mode);
    if (fd < 0 && errno != EEXIST) break;
    if (fd < 0) {
      DiscardRandomBytes();
      continue;
    }
    absl::Status status = SettleFileMode(fd, options(), &identity_);
    if (status.ok()) status = CheckPath(root, name, identity_);
    if (!status.ok()) {
      unlinkat(root.fd(), name.c_str(), 0);
      close(fd);
      return status;
    }
    Weaken((identity_.mode & kPermissions) == mode, /*is_shown_own=*/true);
    descriptor_.Take(fd, identity_);
    SetName(std::move(name));
    return status;
  }
  return CannotMake(root.path(), errno);
}

absl::Status OwnedFile::Identify(int root_fd) {
  const int error = identity_.LookAt(root_fd, name().c_str());
  if (error == 0) return absl::OkStatus();
  return absl::ErrnoToStatus(error, "cannot examine a temporary file");
}

bool OwnedFile::IsEntry(int fd) const {
  FileIdentity seen;
  return seen.LookAt(fd, "") == 0 && seen.Is(identity_);
}

bool OwnedFile::RemoveAtOnce() {
  const int fd = root().fd();
  FileIdentity seen;
  return seen.LookAt(fd, name().c_str()) == 0 && seen.Is(identity_) &&
         unlinkat(fd, name().c_str(), 0) == 0;
}

absl::Status OwnedFile::RemoveCompletely() {
  SetLost(false);
  const absl::StatusOr<int> fd = root().Descriptor();
  if (!fd.ok()) return fd.status();
  FileIdentity seen;
  int error = seen.LookAt(*fd, name().c_str());
  const bool there = error == 0 && seen.Is(identity_);
  if (there && unlinkat(*fd, name().c_str(), 0) != 0) error = errno;
  if (error != 0 && error != ENOENT) {
    return absl::ErrnoToStatus(
        error, absl::StrCat("cannot remove ", EscapedText(path().native())));
  }
  if (there) return absl::OkStatus();
  return NotThere(/*replaced=*/error == 0, Elsewhere());
}

std::string OwnedFile::Elsewhere() const {
  FileIdentity seen;
  if (!descriptor_.Look(&seen) || seen.links == 0) return "";
  char link[32];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor_.fd());
  char target[PATH_MAX];
  const ssize_t length = readlink(link, target, sizeof target);
  if (length <= 0) return "";
  const std::string_view path(target, static_cast<size_t>(length));
  // The name that it was opened by is gone; it lives on by a link of the
  // program's.
  constexpr std::string_view kDeleted = " (deleted)";
  const bool deleted = path.size() > kDeleted.size() &&
                       path.substr(path.size() - kDeleted.size()) == kDeleted;
  return deleted ? "" : std::string(path);
}

}  // namespace tempdir_internal
