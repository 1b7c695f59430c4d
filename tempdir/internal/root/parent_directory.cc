// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/root/parent_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "finalize/escaped_text.h"
#include "tempdir/internal/system/errno_status.h"

namespace tempdir_internal {
namespace {

using finalize::EscapedText;

std::string WithoutSlashesAtEnd(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

absl::StatusOr<std::string> DefaultParent() {
  const char* const variable = secure_getenv("TMPDIR");
  if (variable == nullptr || *variable == '\0') return std::string("/tmp");
  if (*variable != '/') {
    return absl::InvalidArgumentError(absl::StrCat(
        "TMPDIR is not an absolute path: ", EscapedText(variable)));
  }
  return WithoutSlashesAtEnd(variable);
}

}  // namespace

bool IsOpenToOthers(const struct stat& directory) {
  if ((directory.st_mode & S_ISVTX) != 0) return false;
  if ((directory.st_mode & S_IWOTH) != 0) return true;
  return (directory.st_mode & S_IWGRP) != 0 && directory.st_gid != getegid();
}

bool IsClosedToOthers(const struct stat& directory) {
  return (directory.st_uid == geteuid() || directory.st_uid == 0) &&
         !IsOpenToOthers(directory);
}

absl::StatusOr<std::string> ParentPath(std::string_view asked_for) {
  if (asked_for.empty()) return DefaultParent();
  if (asked_for.find('\0') != std::string_view::npos) {
    return absl::InvalidArgumentError(
        "the parent of a temporary directory has a NUL in its path");
  }
  std::string path(asked_for);
  if (path.front() != '/') {
    char current[PATH_MAX];
    if (getcwd(current, sizeof current) == nullptr || *current != '/') {
      return absl::ErrnoToStatus(
          errno, absl::StrCat("cannot make ", EscapedText(path),
                              " absolute: no current directory"));
    }
    path = absl::StrCat(current, "/", path);
  }
  return WithoutSlashesAtEnd(std::move(path));
}

absl::StatusOr<OpenedParent> OpenParent(const std::string& path) {
  const int fd = open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  struct stat status;
  if (fd >= 0 && fstatat(fd, "", &status, AT_EMPTY_PATH) == 0) {
    return OpenedParent{fd, IsClosedToOthers(status)};
  }
  const int error = errno;
  if (fd >= 0) close(fd);
  return ErrnoStatus(error,
                     absl::StrCat("cannot create temporary directories in ",
                                  EscapedText(path)));
}

}  // namespace tempdir_internal
