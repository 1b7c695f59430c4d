// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/system/birth_of.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tempdir_internal {

int BirthOf(int fd, const char* name, Birth* birth) {
  struct statx answer;
  const int flags = AT_SYMLINK_NOFOLLOW | 0x800 /* AT_NO_AUTOMOUNT */ |
                    (*name == '\0' ? AT_EMPTY_PATH : 0);
  long result;
  do {
    result =
        syscall(SYS_statx, fd, name, flags, STATX_INO | STATX_BTIME, &answer);
  } while (result < 0 && errno == EINTR);
  if (result < 0) return -errno;
  birth->inode = answer.stx_ino;
  birth->time = 0;
  if ((answer.stx_mask & STATX_BTIME) != 0) {
    birth->time = answer.stx_btime.tv_sec * int64_t{1000000000} +
                  answer.stx_btime.tv_nsec;
  }
  return 0;
}

}  // namespace tempdir_internal
