// SPDX-License-Identifier: Apache-2.0

#include "tempdir/kept_failures.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "finalize/crash_gate.h"
#include "finalize/escaped_text.h"
#include "tempdir/internal/reap/failure_trim.h"
#include "tempdir/internal/root/parent_directory.h"
#include "tempdir/internal/system/local_file_system.h"

namespace tempdir {
namespace {

using finalize::EscapedText;

// A parent that is open for reading while its object lives.
class OpenParent {
 public:
  static absl::StatusOr<OpenParent> Open(PathArgument parent) {
    const auto path = tempdir_internal::ParentPath(parent.text());
    if (!path.ok()) return path.status();
    const int fd = open(path->c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
      return absl::ErrnoToStatus(
          errno, absl::StrCat("cannot read ", EscapedText(*path)));
    }
    return OpenParent(fd, *path);
  }
  OpenParent(OpenParent&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}
  OpenParent& operator=(OpenParent&&) = delete;
  ~OpenParent() {
    if (fd_ >= 0) close(fd_);
  }

  int fd() const { return fd_; }
  const std::string& path() const { return path_; }

 private:
  OpenParent(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

  int fd_;
  std::string path_;
};

}  // namespace

absl::StatusOr<std::vector<KeptFailure>> KeptFailures(PathArgument parent) {
  const auto opened = OpenParent::Open(parent);
  if (!opened.ok()) return opened.status();
  return tempdir_internal::ListFailures(opened->fd(), opened->path());
}

absl::StatusOr<ReapReport> TrimKeptFailures(PathArgument parent,
                                            const TrimOptions& options) {
  const auto opened = OpenParent::Open(parent);
  if (!opened.ok()) return opened.status();
  const finalize::CrashGate gate;
  if (gate.refused()) {
    return absl::CancelledError("the process crashed: nothing is trimmed");
  }
  const auto file_system = tempdir_internal::FileSystemOf(opened->fd());
  if (!file_system.flock_holds && !options.any_file_system) {
    return absl::FailedPreconditionError(absl::StrCat(
        EscapedText(opened->path()), " is on a file system (", file_system.name,
        ") where locks are not known to hold: nothing is trimmed"));
  }
  auto report =
      tempdir_internal::TrimFailures(opened->fd(), opened->path(), options);
  if (report.ok()) report->file_system = file_system.name;
  return report;
}

}  // namespace tempdir
