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

namespace tempdir_internal {
namespace {

absl::Status CannotMake(const DirectoryPlan& plan, int error) {
  return absl::ErrnoToStatus(
      error, absl::StrCat("cannot make a temporary directory in ",
                          absl::string_view(plan.parent_path.data(),
                                            plan.parent_path.size())));
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
bool RepairMode(int fd, mode_t mode) {
  struct stat status;
  if (fstat(fd, &status) != 0) return false;
  constexpr mode_t kPermissions = 0777;
  if ((status.st_mode & kPermissions) == mode) return true;
  return SetMode(fd, mode | (status.st_mode & S_ISGID));
}

absl::StatusOr<DirectoryIdentity> Settle(int parent_fd, const char* name,
                                         const DirectoryPlan& plan) {
  const int fd =
      openat(parent_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return CannotMake(plan, errno);
  absl::StatusOr<DirectoryIdentity> identity = RepairMode(fd, plan.mode)
                                                   ? DirectoryIdentity::Of(fd)
                                                   : CannotMake(plan, errno);
  close(fd);
  return identity;
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
      auto identity = Settle(parent_fd, name.c_str(), plan);
      if (!identity.ok()) {
        unlinkat(parent_fd, name.c_str(), AT_REMOVEDIR);
        return identity.status();
      }
      return PrivateDirectory{std::move(name), *std::move(identity)};
    }
    if (errno != EEXIST) return CannotMake(plan, errno);
    DiscardRandomBytes();
  }
  return CannotMake(plan, EEXIST);
}

}  // namespace tempdir_internal
