// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/identity/file_identity.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace tempdir_internal {
namespace {

constexpr int kLook = AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT;

}  // namespace

int FileIdentity::LookAt(int directory, const char* name) {
  struct statx seen;
  if (statx(directory, name, kLook, STATX_BASIC_STATS | STATX_BTIME, &seen) ==
      0) {
    device = makedev(seen.stx_dev_major, seen.stx_dev_minor);
    inode = seen.stx_ino;
    mode = seen.stx_mode;
    links = seen.stx_nlink;
    born = (seen.stx_mask & STATX_BTIME) == 0
               ? 0
               : seen.stx_btime.tv_sec * int64_t{1000000000} +
                     seen.stx_btime.tv_nsec;
    return 0;
  }
  // Old kernels, and container profiles that refuse statx.
  struct stat status;
  if (fstatat(directory, name, &status, kLook) != 0) return errno;
  device = status.st_dev;
  inode = status.st_ino;
  mode = status.st_mode;
  links = static_cast<uint32_t>(status.st_nlink);
  born = 0;
  return 0;
}

bool FileIdentity::Is(const FileIdentity& other) const {
  return device == other.device && inode == other.inode &&
         (mode & S_IFMT) == (other.mode & S_IFMT) &&
         (born == 0 || other.born == 0 || born == other.born);
}

}  // namespace tempdir_internal
