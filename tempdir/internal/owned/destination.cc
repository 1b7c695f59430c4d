// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/owned/destination.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "finalize/escaped_text.h"
#include "tempdir/internal/marks/root_name.h"
#include "tempdir/internal/root/parent_directory.h"
#include "tempdir/internal/system/system_calls.h"

namespace tempdir_internal {
namespace {

using finalize::EscapedText;
using finalize::QuotedText;

absl::Status Invalid(std::string_view path, const char* why) {
  return absl::InvalidArgumentError(absl::StrCat(
      "cannot keep anything at ", QuotedText(std::string(path)), ": ", why));
}

absl::Status CannotKeep(const std::string& path, const std::string& at,
                        int error) {
  const std::string what =
      absl::StrCat("cannot keep ", EscapedText(path), " at ", EscapedText(at));
  if (error == EXDEV) {
    return absl::FailedPreconditionError(absl::StrCat(
        what,
        ", which is on another file system or mount: create it in a parent on "
        "that one (TempDirOptions::set_parent), or copy it"));
  }
  return absl::ErrnoToStatus(error, what);
}

}  // namespace

absl::StatusOr<Destination> Destination::Open(std::string_view path) {
  if (path.empty()) return Invalid(path, "it is empty");
  if (path.find('\0') != path.npos) return Invalid(path, "it has a NUL");
  absl::StatusOr<std::string> absolute = ParentPath(path);
  if (!absolute.ok()) return absolute.status();
  const size_t slash = absolute->rfind('/');
  std::string name = absolute->substr(slash + 1);
  if (name.empty() || name == "." || name == "..") {
    return Invalid(path, "it does not end with a name");
  }
  if (ParseRootName(name)) {
    return Invalid(path, "a reaper removes what has such a name");
  }
  const std::string above = slash == 0 ? "/" : absolute->substr(0, slash);
  const int directory = open(above.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) {
    return absl::ErrnoToStatus(
        errno, absl::StrCat("cannot keep anything in ", EscapedText(above)));
  }
  return Destination(directory, *std::move(absolute), std::move(name));
}

Destination::Destination(int directory, std::string path, std::string name)
    : directory_(directory), path_(std::move(path)), name_(std::move(name)) {}

Destination::Destination(Destination&& other) noexcept
    : directory_(std::exchange(other.directory_, -1)),
      path_(std::move(other.path_)),
      name_(std::move(other.name_)) {}

Destination::~Destination() {
  if (directory_ >= 0) close(directory_);
}

absl::Status Destination::Receive(const MovedEntry& entry) const {
  const int error = MoveEntry(entry, directory_, name_);
  if (error == 0) return absl::OkStatus();
  return CannotKeep(std::string(entry.path), path_, error);
}

absl::Status Destination::Exchange(const MovedEntry& entry) const {
  const std::string path(entry.path);
  struct stat here;
  if (fstatat(directory_, name_.c_str(), &here, AT_SYMLINK_NOFOLLOW) != 0) {
    return CannotKeep(path, path_, errno);
  }
  if (entry.is_file ? !S_ISREG(here.st_mode) : !S_ISDIR(here.st_mode)) {
    return absl::FailedPreconditionError(absl::StrCat(
        "cannot exchange ", EscapedText(path), " for ", EscapedText(path_),
        ", which is no ", entry.is_file ? "regular file" : "directory"));
  }
  const int result =
      kKernelCalls.rename(entry.directory, entry.name.c_str(), directory_,
                          name_.c_str(), RENAME_EXCHANGE);
  if (result == 0) return absl::OkStatus();
  if (result != -EINVAL && result != -ENOSYS) {
    return CannotKeep(path, path_, -result);
  }
  return absl::UnimplementedError(absl::StrCat(
      "cannot exchange ", EscapedText(path), " for ", EscapedText(path_),
      " in one step: this file system or kernel has no RENAME_EXCHANGE"));
}

absl::Status Destination::Link(int fd) const {
  char link[32];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  if (linkat(AT_FDCWD, link, directory_, name_.c_str(), AT_SYMLINK_FOLLOW) ==
          0 ||
      (errno == ENOENT &&
       linkat(fd, "", directory_, name_.c_str(), AT_EMPTY_PATH) == 0)) {
    return absl::OkStatus();
  }
  if (errno == ENOENT) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot keep an anonymous file at ", EscapedText(path_),
                     ": its file system gives it no name"));
  }
  return CannotKeep("an anonymous file", path_, errno);
}

}  // namespace tempdir_internal
