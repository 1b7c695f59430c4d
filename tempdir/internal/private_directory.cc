#include "tempdir/internal/private_directory.h"

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
      error, absl::StrCat("cannot make a temporary directory in ",
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

// What the umask took away is given back.
bool RepairMode(int parent_fd, const char* name, mode_t mode) {
  const int fd =
      openat(parent_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return false;
  const bool set = SetMode(fd, mode);
  close(fd);
  return set;
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
      "cannot make a temporary directory with mode %#o in %s: it gets %#o",
      plan.mode, EscapedText(plan.parent_path), shown & kPermissions));
}

// What the umask took away is given back, and looked at: some file systems
// refuse a change of the mode, and some ignore it.
absl::Status SettleMode(int parent_fd, const char* name,
                        const DirectoryPlan& plan, struct stat* seen) {
  if ((seen->st_mode & kPermissions) == plan.mode) return absl::OkStatus();
  const bool repaired =
      RepairMode(parent_fd, name, plan.mode | (seen->st_mode & S_ISGID));
  const int error = repaired ? 0 : errno;
  if (fstatat(parent_fd, name, seen, AT_SYMLINK_NOFOLLOW) != 0) {
    return CannotMake(plan, errno);
  }
  if ((seen->st_mode & kPermissions) == plan.mode) return absl::OkStatus();
  const bool usable = (seen->st_mode & S_IRWXU) == S_IRWXU;
  if (usable && !plan.insist_on_mode) return absl::OkStatus();
  return error != 0 ? CannotMake(plan, error) : NotTheMode(plan, seen->st_mode);
}

absl::StatusOr<PrivateDirectory> Settle(int parent_fd, std::string name,
                                        const DirectoryPlan& plan) {
  struct stat seen;
  if (!Examine(parent_fd, name, plan, &seen)) return CannotMake(plan, errno);
  absl::Status status = SettleMode(parent_fd, name.c_str(), plan, &seen);
  if (!status.ok()) return status;
  auto identity = EntryIdentity::Of(parent_fd, name.c_str());
  if (!identity.ok()) return identity.status();
  return PrivateDirectory{std::move(name), *std::move(identity),
                          (seen.st_mode & kPermissions) == plan.mode,
                          seen.st_uid == geteuid()};
}

}  // namespace

absl::StatusOr<PrivateDirectory> MakePrivateDirectory(
    int parent_fd, const DirectoryPlan& plan) {
  std::string name;
  name.reserve(plan.prefix.size() + plan.letters + plan.suffix.size());
  for (int tries = 0; tries < kMostNames; ++tries) {
    name.assign(plan.prefix);
    if (!plan.append_letters(&name, plan.letters)) {
      return CannotMake(plan, errno);
    }
    name.append(plan.suffix);
    if (mkdirat(parent_fd, name.c_str(), plan.mode) == 0) {
      auto made = Settle(parent_fd, name, plan);
      if (!made.ok()) unlinkat(parent_fd, name.c_str(), AT_REMOVEDIR);
      return made;
    }
    if (errno != EEXIST) return CannotMake(plan, errno);
    DiscardRandomBytes();
  }
  return CannotMake(plan, EEXIST);
}

}  // namespace tempdir_internal
