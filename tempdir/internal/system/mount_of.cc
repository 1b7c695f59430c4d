// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/system/mount_of.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <initializer_list>

namespace tempdir_internal {
namespace {

// For C libraries older than the kernel.
constexpr unsigned kMountIdMask = 0x1000;  // STATX_MNT_ID
constexpr int kHandleForIdentity = 0x200;  // AT_HANDLE_FID, Linux 6.5
constexpr int kNoAutomount = 0x800;        // AT_NO_AUTOMOUNT

// Where the mount id is in struct statx, of 256 bytes.
constexpr size_t kMaskOffset = 0;
constexpr size_t kMountIdOffset = 0x90;

template <class... Arguments>
long Call(long number, Arguments... arguments) {
  for (;;) {
    const long result = syscall(number, arguments...);
    if (result >= 0) return result;
    if (errno != EINTR) return -errno;
  }
}

int AskStatx(int fd, uint64_t* id) {
  alignas(uint64_t) char answer[256];
  const long result = Call(SYS_statx, fd, "", AT_EMPTY_PATH | kNoAutomount,
                           kMountIdMask, answer);
  if (result < 0) return static_cast<int>(result);
  uint32_t mask;
  memcpy(&mask, answer + kMaskOffset, sizeof mask);
  if ((mask & kMountIdMask) == 0) return -ENODATA;
  memcpy(id, answer + kMountIdOffset, sizeof *id);
  return 0;
}

// `directory` with the number of `fd`, in `path`.
void PutPath(const char* directory, int fd, char* path) {
  char digits[12];
  int count = 0;
  do {
    digits[count++] = static_cast<char>('0' + fd % 10);
    fd /= 10;
  } while (fd > 0);
  size_t end = strlen(directory);
  memcpy(path, directory, end);
  while (count > 0) path[end++] = digits[--count];
  path[end] = '\0';
}

// The number in the line "mnt_id:\t<number>\n" of `text`.
int FindMountId(const char* text, uint64_t* id) {
  const char* at = strstr(text, "mnt_id:");
  if (at == nullptr) return -ENODATA;
  at += strlen("mnt_id:");
  while (*at == ' ' || *at == '\t') ++at;
  if (*at < '0' || *at > '9') return -ENODATA;
  *id = 0;
  for (; *at >= '0' && *at <= '9'; ++at) *id = *id * 10 + (*at - '0');
  return 0;
}

int AskDescriptorInfo(int fd, uint64_t* id) {
  char path[48];
  // A thread may have a descriptor table of its own; and /proc/self is empty
  // where the first thread has ended.
  PutPath("/proc/thread-self/fdinfo/", fd, path);
  long info = Call(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
  if (info == -ENOENT) {
    PutPath("/proc/self/fdinfo/", fd, path);
    info = Call(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
  }
  if (info < 0) return static_cast<int>(info);
  // The line is the third one.
  char text[256];
  const long size = Call(SYS_read, info, text, sizeof text - 1);
  syscall(SYS_close, info);
  if (size < 0) return static_cast<int>(size);
  text[size] = '\0';
  return FindMountId(text, id);
}

// The id comes with the handle, and also if there is too little room for that.
int AskFileHandle(int fd, uint64_t* id) {
  int result = -EOPNOTSUPP;
  for (const int flags : {AT_EMPTY_PATH, AT_EMPTY_PATH | kHandleForIdentity}) {
    file_handle handle = {};
    int mount = -1;
    result = static_cast<int>(
        Call(SYS_name_to_handle_at, fd, "", &handle, &mount, flags));
    if ((result == 0 || result == -EOVERFLOW) && mount >= 0) {
      *id = static_cast<uint64_t>(mount);
      return 0;
    }
    if (result != -EOPNOTSUPP) break;
  }
  return result < 0 ? result : -ENODATA;
}

}  // namespace

int MountOf(int fd, MountQuestion question, uint64_t* id) {
  switch (question) {
    case MountQuestion::kStatx:
      return AskStatx(fd, id);
    case MountQuestion::kDescriptorInfo:
      return AskDescriptorInfo(fd, id);
    case MountQuestion::kFileHandle:
      return AskFileHandle(fd, id);
  }
  return -EINVAL;
}

}  // namespace tempdir_internal
