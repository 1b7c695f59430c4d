#include "tempdir/remove_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tempdir/internal/directory_identity.h"
#include "tempdir/internal/remove_tree_at.h"

namespace tempdir {
namespace {

struct Removal {
  RemoveTreeOptions options;
  RemoveTreeStats stats;

  void Fail(const std::string& path, int error) {
    ++stats.error_count;
    if (stats.errors.size() < options.max_errors) {
      stats.errors.push_back(
          {path, "", absl::ErrnoToStatus(error, "cannot remove " + path)});
    }
  }

  void Empty(int fd, const std::string& path) {
    DIR* directory = fdopendir(dup(fd));
    std::vector<std::string> names;
    while (dirent* entry = readdir(directory)) {
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    closedir(directory);
    for (const std::string& name : names) {
      Remove(fd, name.c_str(), path + "/" + name, nullptr);
    }
  }

  void Remove(int parent, const char* name, const std::string& path,
              const tempdir_internal::DirectoryIdentity* expected) {
    const int fd =
        openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
      if (errno == ENOENT) return;
      if (errno != ENOTDIR && errno != ELOOP) return Fail(path, errno);
      if (!options.dry_run && unlinkat(parent, name, 0) != 0 &&
          errno != ENOENT) {
        return Fail(path, errno);
      }
      ++stats.files;
      return;
    }
    if (expected != nullptr && !expected->Is(fd)) {
      close(fd);
      return Fail(path, ESTALE);
    }
    fchmod(fd, 0700);
    Empty(fd, path);
    close(fd);
    if (!options.dry_run && unlinkat(parent, name, AT_REMOVEDIR) != 0 &&
        errno != ENOENT) {
      return Fail(path, errno);
    }
    ++stats.directories;
  }

  absl::Status Finish(RemoveTreeStats* out) {
    absl::Status status =
        stats.errors.empty() ? absl::OkStatus() : stats.errors[0].status;
    if (out != nullptr) *out = std::move(stats);
    return status;
  }
};

}  // namespace

absl::Status RemoveTree(PathArgument root, const RemoveTreeOptions& options,
                        RemoveTreeStats* stats) {
  Removal removal{options, {}};
  const std::string path(root.text());
  if (path.empty()) return absl::InvalidArgumentError("empty path");
  removal.Remove(AT_FDCWD, path.c_str(), path, nullptr);
  return removal.Finish(stats);
}

}  // namespace tempdir

namespace tempdir_internal {

absl::Status RemoveTreeAt(int parent_fd, const char* name,
                          const DirectoryIdentity& expected,
                          const tempdir::RemoveTreeOptions& options,
                          tempdir::RemoveTreeStats* stats,
                          std::string_view display_path) {
  tempdir::Removal removal{options, {}};
  removal.Remove(parent_fd, name, std::string(display_path), &expected);
  return removal.Finish(stats);
}

}  // namespace tempdir_internal
