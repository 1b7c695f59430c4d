// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/marks/root_mark.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "finalize/escaped_text.h"
#include "tempdir/internal/identity/directory_identity.h"
#include "tempdir/internal/system/system_calls.h"

namespace tempdir_internal {
namespace {

constexpr char kAttribute[] = "user.finalize.root";
// As long as any mark, and longer than any that is true.
constexpr size_t kRoom = 128;

// By the time of birth; empty if it is not known.
std::string NameByBirth(int fd) {
  struct statx seen;
  if (statx(fd, "", AT_EMPTY_PATH | AT_NO_AUTOMOUNT, STATX_INO | STATX_BTIME,
            &seen) != 0 ||
      (seen.stx_mask & STATX_BTIME) == 0) {
    return "";
  }
  return absl::StrCat("b ", absl::Hex(seen.stx_ino), " ",
                      absl::Hex(seen.stx_btime.tv_sec), " ",
                      absl::Hex(seen.stx_btime.tv_nsec));
}

// By the file handle; by the inode number alone if there is none that lasts.
std::string NameByHandle(int fd) {
  struct stat seen;
  if (kKernelCalls.examine(fd, "", &seen) < 0) return "";
  const uint64_t digest = HandlesLast(fd) ? kKernelCalls.handle_digest(fd) : 0;
  if (digest == 0) return absl::StrCat("i ", absl::Hex(seen.st_ino));
  return absl::StrCat("h ", absl::Hex(seen.st_ino), " ", absl::Hex(digest));
}

// Whether a directory without a mark is all that can be had there: the file
// system has no such attributes or refuses them, or a filter or a policy does.
bool RefusesMarks(int error) {
  return error == EOPNOTSUPP || error == ENOSYS || error == EPERM ||
         error == EACCES || error == EINVAL;
}

}  // namespace

absl::Status MarkRoot(int fd, std::string_view path) {
  std::string mark = NameByBirth(fd);
  if (mark.empty()) mark = NameByHandle(fd);
  if (mark.empty() ||
      fsetxattr(fd, kAttribute, mark.data(), mark.size(), 0) == 0 ||
      RefusesMarks(errno)) {
    return absl::OkStatus();
  }
  return absl::ErrnoToStatus(
      errno == ESTALE ? ENOENT : errno,
      absl::StrCat("cannot mark ", finalize::EscapedText(std::string(path))));
}

void UnmarkRoot(int fd) { fremovexattr(fd, kAttribute); }

RootMark RootMarkOf(int fd) {
  char mark[kRoom];
  const ssize_t size = fgetxattr(fd, kAttribute, mark, sizeof mark);
  if (size < 0) {
    return errno == EOPNOTSUPP ? RootMark::kUnsupported : RootMark::kMissing;
  }
  const std::string_view text(mark, static_cast<size_t>(size));
  if (text.empty()) return RootMark::kOfAnother;
  const std::string name =
      text.front() == 'b' ? NameByBirth(fd) : NameByHandle(fd);
  return text == name ? RootMark::kSet : RootMark::kOfAnother;
}

bool OnlyOwnerCanMark(int fd) {
  constexpr mode_t kPermissions = 01777;
  struct stat seen;
  return kKernelCalls.examine(fd, "", &seen) == 0 &&
         (seen.st_mode & kPermissions) == kMarkedRootMode;
}

}  // namespace tempdir_internal
