// SPDX-License-Identifier: Apache-2.0

#include "examples/compare/doctor/way.h"

#include <unistd.h>

#include <filesystem>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "examples/compare/doctor/users.h"

namespace compare {
namespace {

// As many as the kernel follows.
constexpr int kMostLinks = 40;

bool IsSticky(const struct stat& directory) {
  return (directory.st_mode & S_ISVTX) != 0;
}
bool AllMayWrite(const struct stat& directory) {
  return (directory.st_mode & S_IWOTH) != 0;
}
bool GroupMayWrite(const struct stat& directory) {
  return (directory.st_mode & S_IWGRP) != 0 && directory.st_gid != getegid();
}

bool IsOurs(uid_t user) { return user == geteuid() || user == 0; }

class Way {
 public:
  explicit Way(const std::string& path) { Add(path); }

  std::optional<OpenPart> FirstOpen() {
    while (!names_.empty()) {
      const std::string name = names_.back();
      names_.pop_back();
      if (name == "..") {
        at_.resize(at_.empty() ? 0 : at_.rfind('/'));
      } else if (!GoOn(name)) {
        return open_ ? open_ : unmapped_;
      }
    }
    (void)IsClosed(/*is_last=*/true);
    return open_ ? open_ : unmapped_;
  }

 private:
  void Add(const std::string& path) {
    const std::vector<std::string> names =
        absl::StrSplit(path, '/', absl::SkipEmpty());
    for (auto name = names.rbegin(); name != names.rend(); ++name) {
      if (*name != ".") names_.push_back(*name);
    }
  }

  // Looks `name` up in the directory that was reached. Returns false at the end
  // of the way.
  bool GoOn(const std::string& name) {
    if (!IsClosed(/*is_last=*/false)) return false;
    const std::string path = absl::StrCat(at_, "/", name);
    struct stat status;
    if (lstat(path.c_str(), &status) != 0) return false;
    // Each of those who may write in a sticky directory may rename what is
    // theirs.
    if ((AllMayWrite(directory_) || GroupMayWrite(directory_)) &&
        (!IsOurs(status.st_uid) || IsUnmapped(status.st_uid))) {
      return IsOpen({path, status});
    }
    if (!S_ISLNK(status.st_mode)) {
      at_ = path;
      return true;
    }
    std::error_code error;
    const std::string target = std::filesystem::read_symlink(path, error);
    if (error || ++links_ > kMostLinks) return false;
    if (target.front() == '/') at_.clear();
    Add(target);
    return true;
  }

  bool IsClosed(bool is_last) {
    const std::string path = at_.empty() ? "/" : at_;
    if (stat(path.c_str(), &directory_) != 0) return false;
    const OpenPart part = {path, directory_, is_last};
    if (IsOpenToAll(directory_) || IsOpenToGroup(directory_)) {
      return IsOpen(part);
    }
    const bool ours = IsOurs(directory_.st_uid);
    if (!IsUnmapped(directory_.st_uid)) return ours || IsOpen(part);
    // The library takes the last one for that of another user.
    if (is_last && !ours) return IsOpen(part);
    if (!unmapped_) {
      unmapped_ = part;
      unmapped_->unmapped = true;
    }
    return true;
  }

  // Keeps the answer.
  bool IsOpen(const OpenPart& part) {
    open_ = part;
    return false;
  }

  std::string at_;                  // "" is the root
  std::vector<std::string> names_;  // what is ahead, the next one last
  int links_ = 0;
  struct stat directory_ = {};  // at_
  std::optional<OpenPart> open_;
  std::optional<OpenPart> unmapped_;
};

}  // namespace

bool IsOpenToAll(const struct stat& directory) {
  return !IsSticky(directory) && AllMayWrite(directory);
}

bool IsOpenToGroup(const struct stat& directory) {
  return !IsSticky(directory) && GroupMayWrite(directory);
}

std::optional<OpenPart> FirstOpenPart(const std::string& path) {
  return Way(path).FirstOpen();
}

}  // namespace compare
