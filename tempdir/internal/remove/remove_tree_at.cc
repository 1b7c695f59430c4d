// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/remove/remove_tree_at.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "finalize/escaped_text.h"
#include "tempdir/internal/identity/directory_identity.h"
#include "tempdir/internal/identity/mount_border.h"
#include "tempdir/internal/remove/removal_error_list.h"
#include "tempdir/internal/remove/tree_removal.h"
#include "tempdir/internal/system/system_calls.h"
#include "tempdir/internal/tree/removal_storage.h"

namespace tempdir_internal {
namespace {

using finalize::QuotedText;

// A root argument, taken apart.
struct RootPath {
  std::string display;  // without slashes at the end
  std::string parent;
  std::string name;
  bool names_directory;  // it ended with a slash
};

absl::Status Refuse(std::string_view path, const char* why) {
  return absl::InvalidArgumentError(
      absl::StrCat("cannot remove ", QuotedText(path), ": ", why));
}

absl::Status Parse(std::string_view path, RootPath& root) {
  if (path.empty()) return Refuse(path, "the path is empty");
  if (path.find('\0') != path.npos) return Refuse(path, "it has a NUL in it");
  const size_t end = path.find_last_not_of('/');
  if (end == path.npos) return Refuse(path, "it is the root of all");
  const std::string_view bare = path.substr(0, end + 1);
  const size_t slash = bare.rfind('/');
  const std::string_view name =
      slash == bare.npos ? bare : bare.substr(slash + 1);
  if (name == "." || name == "..") {
    return Refuse(path, "it ends with \".\" or \"..\"");
  }
  root.display = std::string(bare);
  root.parent =
      slash == bare.npos ? "." : std::string(bare.substr(0, slash + 1));
  root.name = std::string(name);
  root.names_directory = bare.size() < path.size();
  return absl::OkStatus();
}

// Opens a directory by a path of any length, links included.
int OpenParent(const SystemCalls& calls, std::string_view path) {
  constexpr int kFlags = O_PATH | O_DIRECTORY;
  int fd = AT_FDCWD;
  while (path.size() >= PATH_MAX) {
    const size_t slash = path.rfind('/', PATH_MAX - 2);
    if (slash == path.npos) break;
    const std::string part(path.substr(0, slash + 1));
    const int next = calls.open(fd, part.c_str(), kFlags);
    if (fd >= 0) calls.close(fd);
    if (next < 0) return next;
    fd = next;
    path.remove_prefix(
        std::min(path.size(), path.find_first_not_of('/', slash)));
  }
  if (path.empty()) path = ".";
  const int last = calls.open(fd, std::string(path).c_str(), kFlags);
  if (fd >= 0) calls.close(fd);
  return last;
}

// The removal of what stands at one name.
class RootRemoval {
 public:
  RootRemoval(const SystemCalls& calls, RemovalStorage& storage,
              const tempdir::RemoveTreeOptions& options,
              std::string_view display_path)
      : calls_(calls),
        storage_(storage),
        errors_(display_path, options.max_errors),
        started_(calls.now()) {
    plan_.make_writable = options.make_writable;
    plan_.dry_run = options.dry_run;
    plan_.compare_devices = options.compare_devices;
    plan_.count_bytes = options.count_bytes;
    plan_.max_workers = std::max(options.max_threads, 0);
    plan_.writer_timeout =
        std::min(absl::ToInt64Nanoseconds(options.writer_timeout), kMaxTimeout);
  }

  // Any kind of entry, but only a directory if `directory_only`.
  void Remove(int parent, const char* name, bool directory_only) {
    // Somebody may change what stands there between two of our looks at it.
    int result = -EAGAIN;
    for (int i = 0; i < kTries && result == -EAGAIN; ++i) {
      result = RemoveDirectory(parent, name, nullptr);
      if (result == -ENOTDIR || result == -ELOOP) {
        result = directory_only ? -ENOTDIR : RemoveFile(parent, name);
      }
    }
    if (result < 0) Report(-result);
  }

  // Only the directory that is `expected`. Returns false if it is another one.
  bool RemoveExactly(int parent, const char* name,
                     const DirectoryIdentity& expected) {
    plan_.exact_root = true;
    const int result = RemoveDirectory(parent, name, &expected);
    if (result == -ESTALE || result == -ENOTDIR || result == -ELOOP) {
      return false;
    }
    if (result < 0) Report(-result);
    return true;
  }

  void Report(int error) { errors_.ReportRoot(ObstacleOf(error), error); }

  absl::Status Finish(tempdir::RemoveTreeStats* out) {
    tempdir::RemoveTreeStats stats;
    const absl::Status status = errors_.Finish(stats);
    if (out == nullptr) return status;
    stats.files = counts_.files;
    stats.directories = counts_.directories;
    stats.bytes = counts_.bytes;
    stats.elapsed = absl::Nanoseconds(calls_.now() - started_);
    *out = std::move(stats);
    return status;
  }

 private:
  static constexpr int kTries = 100;
  static constexpr int64_t kMaxTimeout = int64_t{1} << 60;

  // Returns 0 also where nothing stands at the name.
  int RemoveDirectory(int parent, const char* name,
                      const DirectoryIdentity* expected) {
    TreeRemoval removal(calls_, storage_, errors_, plan_, parent, name);
    const int result = removal.Open(expected);
    if (result == 0) {
      counts_ = removal.Run();
      return 0;
    }
    return result == -ENOENT ? 0 : result;
  }

  // Returns -EAGAIN if it has become a directory.
  int RemoveFile(int parent, const char* name) {
    uint64_t bytes = 0;
    struct stat status;
    if (plan_.count_bytes && calls_.examine(parent, name, &status) == 0 &&
        S_ISREG(status.st_mode) && status.st_nlink == 1) {
      bytes = status.st_size;
    }
    const int result = plan_.dry_run ? 0 : calls_.remove(parent, name, 0);
    if (result == -EISDIR) return -EAGAIN;
    if (result == -EBUSY) {
      MountBorder border(calls_, plan_.compare_devices);
      return border.IsMountPoint(parent, name) ? -kMountPoint : result;
    }
    if (result == -ENOENT) return 0;
    if (result < 0) return result;
    counts_ = {1, 0, bytes};
    return 0;
  }

  const SystemCalls& calls_;
  RemovalStorage& storage_;
  RemovalErrorList errors_;
  RemovalPlan plan_;
  RemovalCounts counts_;
  const int64_t started_;
};

}  // namespace

absl::Status RemoveTreeWith(const SystemCalls& calls, RemovalStorage& storage,
                            tempdir::PathArgument path,
                            const tempdir::RemoveTreeOptions& options,
                            tempdir::RemoveTreeStats* stats) {
  if (stats != nullptr) *stats = tempdir::RemoveTreeStats();
  RootPath root;
  const absl::Status status = Parse(path.text(), root);
  if (!status.ok()) return status;
  RootRemoval removal(calls, storage, options, root.display);
  const int parent = OpenParent(calls, root.parent);
  if (parent >= 0) {
    removal.Remove(parent, root.name.c_str(), root.names_directory);
    calls.close(parent);
  } else if (parent != -ENOENT && parent != -ENOTDIR) {
    removal.Report(-parent);
  }
  return removal.Finish(stats);
}

absl::Status RemoveTreeAt(int parent_fd, const char* name,
                          const DirectoryIdentity& expected,
                          const tempdir::RemoveTreeOptions& options,
                          tempdir::RemoveTreeStats* stats,
                          std::string_view display_path) {
  return RemoveTreeAtWith(kKernelCalls, parent_fd, name, expected, options,
                          stats, display_path);
}

absl::Status RemoveTreeAtWith(const SystemCalls& calls, int parent_fd,
                              const char* name,
                              const DirectoryIdentity& expected,
                              const tempdir::RemoveTreeOptions& options,
                              tempdir::RemoveTreeStats* stats,
                              std::string_view display_path) {
  if (stats != nullptr) *stats = tempdir::RemoveTreeStats();
  HeapStorage storage;
  RootRemoval removal(calls, storage, options, display_path);
  if (!removal.RemoveExactly(parent_fd, name, expected)) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot remove ", QuotedText(display_path),
                     ": something else stands there now"));
  }
  return removal.Finish(stats);
}

}  // namespace tempdir_internal
