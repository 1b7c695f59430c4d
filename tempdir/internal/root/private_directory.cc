// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/root/private_directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "finalize/escaped_text.h"

namespace tempdir_internal {
namespace {

using finalize::EscapedText;

absl::Status CannotMake(const DirectoryPlan& plan, int error) {
  return absl::ErrnoToStatus(
      error, absl::StrCat("cannot create a temporary directory in ",
                          EscapedText(plan.parent_path)));
}

// Sets the mode of what is open at `fd` with O_PATH, which fchmod refuses.
bool SetMode(int fd, mode_t mode) {
  char link[32];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  if (chmod(link, mode) == 0) return true;
#ifndef SYS_fchmodat2
  constexpr long SYS_fchmodat2 = 452;
#endif
  return syscall(SYS_fchmodat2, fd, "", mode, AT_EMPTY_PATH) == 0;
}

// A directory that was just made.
struct NewEntry {
  int parent_fd;
  const char* name;
  // Open on it with O_PATH; -1 if nobody can put another one at its name.
  int held = -1;
};

bool Look(const NewEntry& entry, struct stat* seen) {
  if (entry.held >= 0) {
    return fstatat(entry.held, "", seen, AT_EMPTY_PATH) == 0;
  }
  return fstatat(entry.parent_fd, entry.name, seen, AT_SYMLINK_NOFOLLOW) == 0;
}

int Hold(int parent_fd, const char* name) {
  return openat(parent_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

// What the umask took away is given back.
bool RepairMode(const NewEntry& entry, mode_t mode) {
  if (entry.held >= 0) return SetMode(entry.held, mode);
  const int fd = Hold(entry.parent_fd, entry.name);
  if (fd < 0) return false;
  const bool set = SetMode(fd, mode);
  close(fd);
  return set;
}

enum class Content { kNone, kSome, kUnreadable };

Content ContentOf(int held) {
  const int fd = openat(held, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return Content::kUnreadable;
  DIR* const entries = fdopendir(fd);
  if (entries == nullptr) {
    close(fd);
    return Content::kUnreadable;
  }
  int count = 0;
  while (count <= 2 && readdir(entries) != nullptr) ++count;
  closedir(entries);
  return count > 2 ? Content::kSome : Content::kNone;  // "." and ".."
}

bool Examine(int parent_fd, const std::string& name, const DirectoryPlan& plan,
             struct stat* seen) {
  if (plan.parent_path.front() != '/') {
    return fstatat(parent_fd, name.c_str(), seen, AT_SYMLINK_NOFOLLOW) == 0;
  }
  std::string path(plan.parent_path);
  if (path.back() != '/') path.push_back('/');
  return lstat(path.append(name).c_str(), seen) == 0;
}

// The setgid bit is inherited from the parent, on purpose.
constexpr mode_t kPermissions = 01777;

absl::Status NotTheMode(const DirectoryPlan& plan, mode_t shown) {
  return absl::FailedPreconditionError(absl::StrFormat(
      "cannot create a temporary directory with mode %#o in %s: it gets %#o",
      plan.mode, EscapedText(plan.parent_path), shown & kPermissions));
}

// What the umask took away is given back, and looked at: some file systems
// refuse a change of the mode, and some ignore it.
absl::Status SettleMode(const NewEntry& entry, const DirectoryPlan& plan,
                        struct stat* seen) {
  if ((seen->st_mode & kPermissions) == plan.mode) return absl::OkStatus();
  const bool repaired =
      RepairMode(entry, plan.mode | (seen->st_mode & S_ISGID));
  const int error = repaired ? 0 : errno;
  if (!Look(entry, seen)) return CannotMake(plan, errno);
  if ((seen->st_mode & kPermissions) == plan.mode) return absl::OkStatus();
  const bool usable = (seen->st_mode & S_IRWXU) == S_IRWXU;
  if (usable && !plan.insist_on_mode) return absl::OkStatus();
  return error != 0 ? CannotMake(plan, error) : NotTheMode(plan, seen->st_mode);
}

absl::StatusOr<PrivateDirectory> Settle(const NewEntry& entry,
                                        const DirectoryPlan& plan) {
  struct stat seen;
  if (!Examine(entry.parent_fd, entry.name, plan, &seen)) {
    return CannotMake(plan, errno);
  }
  absl::Status status = SettleMode(entry, plan, &seen);
  if (!status.ok()) return status;
  auto identity = EntryIdentity::Of(entry.parent_fd, entry.name);
  if (!identity.ok()) return identity.status();
  return PrivateDirectory{entry.name, *std::move(identity),
                          (seen.st_mode & kPermissions) == plan.mode,
                          seen.st_uid == geteuid()};
}

absl::Status Replaced(const DirectoryPlan& plan) {
  return absl::AbortedError(
      absl::StrCat("a temporary directory in ", EscapedText(plan.parent_path),
                   " was replaced while it was being created"));
}

// The mode of one that is not the new one is put back.
absl::StatusOr<PrivateDirectory> SettleHeld(const NewEntry& entry,
                                            const DirectoryPlan& plan) {
  struct stat before;
  if (!Look(entry, &before)) return CannotMake(plan, errno);
  if (ContentOf(entry.held) == Content::kSome) return Replaced(plan);
  auto made = Settle(entry, plan);
  const bool is_new = ContentOf(entry.held) == Content::kNone &&
                      (!made.ok() || made->identity.Is(entry.held));
  if (is_new) return made;
  SetMode(entry.held, before.st_mode & 07777);
  return Replaced(plan);
}

absl::StatusOr<PrivateDirectory> SettleAmongOthers(int parent_fd,
                                                   const std::string& name,
                                                   const DirectoryPlan& plan) {
  const int held = Hold(parent_fd, name.c_str());
  if (held < 0) return Replaced(plan);
  auto made = SettleHeld({parent_fd, name.c_str(), held}, plan);
  close(held);
  return made;
}

}  // namespace

absl::StatusOr<PrivateDirectory> MakePrivateDirectory(
    int parent_fd, const DirectoryPlan& plan) {
  std::string name;
  name.reserve(plan.prefix.size() + plan.letters + plan.suffix.size());
  for (int tries = 0; tries < kMaxNames; ++tries) {
    name.assign(plan.prefix);
    if (!plan.append_letters(&name, plan.letters)) {
      return CannotMake(plan, errno);
    }
    name.append(plan.suffix);
    if (mkdirat(parent_fd, name.c_str(), plan.mode) == 0) {
      auto made = plan.among_others ? SettleAmongOthers(parent_fd, name, plan)
                                    : Settle({parent_fd, name.c_str()}, plan);
      if (made.ok()) return made;
      unlinkat(parent_fd, name.c_str(), AT_REMOVEDIR);
      if (!absl::IsAborted(made.status())) return made;
      continue;
    }
    if (errno != EEXIST) return CannotMake(plan, errno);
    DiscardRandomBytes();
  }
  return CannotMake(plan, EEXIST);
}

}  // namespace tempdir_internal
