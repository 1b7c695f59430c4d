// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/reap/reap_parent.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "finalize/crash_gate.h"
#include "finalize/escaped_text.h"
#include "tempdir/internal/marks/root_name.h"
#include "tempdir/internal/reap/root_reaper.h"
#include "tempdir/internal/system/local_file_system.h"
#include "tempdir/internal/system/timed_calls.h"

namespace tempdir_internal {
namespace {

using finalize::EscapedText;

absl::Status CheckFileSystem(const FileSystem& file_system,
                             const std::string& path,
                             const tempdir::ReapOptions& options,
                             ReapScope scope) {
  if (file_system.flock_holds || options.any_file_system ||
      scope == ReapScope::kOwnMount) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(
      EscapedText(path), " is on a file system (", file_system.name,
      ") where locks are not known to hold: nothing is reaped"));
}

// All names are collected first, because renaming changes what is read.
struct Found {
  std::string name;
  RootName form;
};

// In another user namespace its owner had another number.
bool IsOf(uid_t user, int fd, const char* name) {
  struct stat status;
  return fstatat(fd, name, &status, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) ==
             0 &&
         S_ISDIR(status.st_mode) && status.st_uid == user;
}

absl::StatusOr<std::vector<Found>> FindRoots(int fd, const std::string& path,
                                             const TimeLimit& limit) {
  const int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* const entries = own < 0 ? nullptr : fdopendir(own);
  if (entries == nullptr) {
    const int error = errno;
    if (own >= 0) close(own);
    return absl::ErrnoToStatus(error,
                               absl::StrCat("cannot read ", EscapedText(path)));
  }
  std::vector<Found> found;
  const uid_t user = geteuid();
  int error = 0;
  while (!limit.passed()) {
    errno = 0;
    const dirent* const entry = readdir(entries);
    if (entry == nullptr) {
      error = errno;
      break;
    }
    const std::optional<RootName> form = ParseRootName(entry->d_name);
    if (form && (form->owner == user || IsOf(user, fd, entry->d_name))) {
      found.push_back({entry->d_name, *form});
    }
  }
  closedir(entries);
  if (error != 0) {
    return absl::ErrnoToStatus(error,
                               absl::StrCat("cannot read ", EscapedText(path)));
  }
  return found;
}

absl::Status ReapOpened(int fd, const tempdir::ReapOptions& options,
                        ReapScope scope, tempdir::ReapReport* report) {
  const FileSystem file_system = FileSystemOf(fd);
  report->file_system = file_system.name;
  // If locks hold here, each of them is seen.
  if (file_system.flock_holds) scope = ReapScope::kUnlocked;
  absl::Status status =
      CheckFileSystem(file_system, report->parent, options, scope);
  if (!status.ok()) return status;
  const TimeLimit limit(options.time_limit);
  auto found = FindRoots(fd, report->parent, limit);
  if (!found.ok()) return found.status();
  RootReaper reaper(fd, report->parent, options, scope);
  for (const Found& root : *found) {
    if (limit.passed() || finalize::CrashGate::IsShut()) break;
    report->roots.push_back(reaper.Reap(root.name, root.form));
  }
  report->timed_out = limit.passed();
  return absl::OkStatus();
}

absl::StatusOr<int> OpenToReap(const std::string& parent) {
  const int fd = open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0) return fd;
  return absl::ErrnoToStatus(errno,
                             absl::StrCat("cannot read ", EscapedText(parent)));
}

}  // namespace

absl::Status CheckReapable(const std::string& parent) {
  const absl::StatusOr<int> fd = OpenToReap(parent);
  if (fd.ok()) close(*fd);
  return fd.status();
}

absl::StatusOr<tempdir::ReapReport> ReapParent(
    const std::string& parent, const tempdir::ReapOptions& options,
    ReapScope scope) {
  const absl::Time started = absl::Now();
  tempdir::ReapReport report;
  report.parent = parent;
  const absl::StatusOr<int> fd = OpenToReap(parent);
  if (!fd.ok()) return fd.status();
  const absl::Status status = ReapOpened(*fd, options, scope, &report);
  close(*fd);
  if (!status.ok()) return status;
  report.elapsed = absl::Now() - started;
  return report;
}

}  // namespace tempdir_internal
