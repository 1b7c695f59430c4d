// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/system/system_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace tempdir_internal {
namespace {

// openat2(2) and fchmodat2(2), for C libraries older than the kernel.
constexpr long kOpenat2 = 437;
constexpr long kFchmodat2 = 452;

struct OpenHow {
  uint64_t flags;
  uint64_t mode;
  uint64_t resolve;
};
constexpr uint64_t kResolveNoXdev = 0x01;
constexpr uint64_t kResolveNoSymlinks = 0x04;

template <class... Arguments>
long Call(long number, Arguments... arguments) {
  for (;;) {
    const long result = syscall(number, arguments...);
    if (result >= 0) return result;
    if (errno != EINTR) return -errno;
  }
}

int OpenBeneath(int directory, const char* name, int flags) {
  // One component needs no RESOLVE_BENEATH, which answers EXDEV, as for a mount
  // point, where the directory is moved meanwhile.
  OpenHow how = {static_cast<uint64_t>(flags | O_CLOEXEC), 0,
                 kResolveNoXdev | kResolveNoSymlinks};
  for (;;) {
    const long fd = Call(kOpenat2, directory, name, &how, sizeof how);
    // The kernel could not rule out a concurrent rename.
    if (fd != -EAGAIN) return static_cast<int>(fd);
  }
}

int Open(int directory, const char* name, int flags) {
  return static_cast<int>(
      Call(SYS_openat, directory, name, flags | O_CLOEXEC, 0));
}

// Not repeated on EINTR: Linux has closed it then.
void Close(int fd) { syscall(SYS_close, fd); }

ssize_t ReadEntries(int fd, void* buffer, size_t size) {
  return Call(SYS_getdents64, fd, buffer, size);
}

off_t Seek(int fd, off_t offset, int whence) {
  const off_t result = lseek(fd, offset, whence);
  return result >= 0 ? result : -errno;
}

int Remove(int directory, const char* name, int flags) {
  return static_cast<int>(Call(SYS_unlinkat, directory, name, flags));
}

// Some container profiles answer EPERM for a system call that they do not know,
// whatever its arguments.
bool IsRenameat2Refused() {
  return Call(SYS_renameat2, -1, "", -1, "", 0u) == -EPERM;
}

int Rename(int directory, const char* name, int new_directory,
           const char* new_name, unsigned flags) {
  if (flags == 0) {
    const int result = renameat(directory, name, new_directory, new_name);
    return result == 0 ? 0 : -errno;
  }
  const int result = static_cast<int>(
      Call(SYS_renameat2, directory, name, new_directory, new_name, flags));
  return result == -EPERM && IsRenameat2Refused() ? -ENOSYS : result;
}

int Examine(int fd, const char* name, struct stat* status) {
  const int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT |
                    (*name == '\0' ? AT_EMPTY_PATH : 0);
  return fstatat(fd, name, status, flags) == 0 ? 0 : -errno;
}

int ExamineFileSystem(int fd, struct statfs* status) {
  return fstatfs(fd, status) == 0 ? 0 : -errno;
}

// chmod(2) through /proc: the only way to an O_PATH descriptor's inode before
// fchmodat2.
int ChangeModeThroughProc(int fd, mode_t mode) {
  char path[32] = "/proc/self/fd/";
  char digits[12];
  int count = 0;
  do {
    digits[count++] = static_cast<char>('0' + fd % 10);
    fd /= 10;
  } while (fd > 0);
  int end = 14;
  while (count > 0) path[end++] = digits[--count];
  path[end] = '\0';
  return static_cast<int>(Call(SYS_fchmodat, AT_FDCWD, path, mode));
}

int ChangeMode(int fd, mode_t mode) {
  const long result = Call(kFchmodat2, fd, "", mode, AT_EMPTY_PATH);
  if (result != -ENOSYS && result != -EPERM) return static_cast<int>(result);
  return ChangeModeThroughProc(fd, mode);
}

uint64_t HandleDigest(int fd) {
  union {
    file_handle header;
    unsigned char bytes[sizeof(file_handle) + 128];
  } handle;
  handle.header.handle_bytes = 128;
  int mount_id;
  if (name_to_handle_at(fd, "", &handle.header, &mount_id, AT_EMPTY_PATH) !=
      0) {
    return 0;
  }
  uint64_t digest = 0xcbf29ce484222325;  // FNV-1a
  const size_t size = sizeof(file_handle) + handle.header.handle_bytes;
  for (size_t i = 0; i < size; ++i) {
    digest = (digest ^ handle.bytes[i]) * 0x100000001b3;
  }
  return digest | 1;
}

uint64_t DescriptorLimit() {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 256;
  return limit.rlim_cur;
}

uid_t EffectiveUser() { return geteuid(); }

int64_t Now() {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * int64_t{1000000000} + time.tv_nsec;
}

void Pause(int64_t nanoseconds) {
  const struct timespec time = {static_cast<time_t>(nanoseconds / 1000000000),
                                static_cast<long>(nanoseconds % 1000000000)};
  nanosleep(&time, nullptr);
}

}  // namespace

const SystemCalls kKernelCalls = {OpenBeneath,
                                  Open,
                                  Close,
                                  ReadEntries,
                                  Seek,
                                  Remove,
                                  Rename,
                                  Examine,
                                  BirthOf,
                                  MountOf,
                                  ExamineFileSystem,
                                  ChangeMode,
                                  HandleDigest,
                                  DescriptorLimit,
                                  EffectiveUser,
                                  Now,
                                  Pause};

}  // namespace tempdir_internal
