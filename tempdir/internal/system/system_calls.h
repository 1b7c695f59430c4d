// SPDX-License-Identifier: Apache-2.0

// SystemCalls: the system calls that tree removal makes, as a table.
//
// The engine calls the kernel through this table alone, so that a test can put
// a function of its own in a row (a full descriptor table, a file system
// without entry types, a refused rename). `kKernelCalls` is the real one.
//
// Every function returns -errno on failure, touches no `errno` that a caller
// could depend on, and allocates nothing: all of them may be called from a
// signal handler. Interrupted calls (EINTR) are made again.

#ifndef TEMPDIR_INTERNAL_SYSTEM_SYSTEM_CALLS_H_
#define TEMPDIR_INTERNAL_SYSTEM_SYSTEM_CALLS_H_

#include <sys/stat.h>
#include <sys/types.h>
#include <sys/vfs.h>

#include <cstddef>
#include <cstdint>

#include "tempdir/internal/system/birth_of.h"
#include "tempdir/internal/system/mount_of.h"

namespace tempdir_internal {

struct SystemCalls {
  // openat2(2) of one component, which may be "..": never through a link, never
  // into another mount. O_CLOEXEC is added.
  int (*open_beneath)(int directory, const char* name, int flags);
  // openat(2). O_CLOEXEC is added.
  int (*open)(int directory, const char* name, int flags);
  void (*close)(int fd);
  // getdents64(2): bytes read, 0 at the end.
  ssize_t (*read_entries)(int fd, void* buffer, size_t size);
  // lseek(2).
  off_t (*seek)(int fd, off_t offset, int whence);
  // unlinkat(2).
  int (*remove)(int directory, const char* name, int flags);
  // renameat2(2), or renameat(2) if there are no flags. -ENOSYS also if a
  // container refuses the former.
  int (*rename)(int directory, const char* name, int new_directory,
                const char* new_name, unsigned flags);
  // fstatat(2) without following a link or mounting anything; an empty name
  // examines `fd` itself.
  int (*examine)(int fd, const char* name, struct stat* status);
  // BirthOf (birth_of.h).
  int (*birth_of)(int fd, const char* name, Birth* birth);
  // MountOf (mount_of.h).
  int (*mount_of)(int fd, MountQuestion question, uint64_t* id);
  // fstatfs(2).
  int (*examine_file_system)(int fd, struct statfs* status);
  // Changes the mode of the inode that is open at `fd`, O_PATH included.
  int (*change_mode)(int fd, mode_t mode);
  // A digest of the file handle of what is open at `fd`; 0 if it has none. Two
  // directories that had one inode number in turn differ in it.
  uint64_t (*handle_digest)(int fd);
  // The least number of descriptors that the process may have open at once
  // before it is refused more (RLIMIT_NOFILE).
  uint64_t (*descriptor_limit)();
  uid_t (*effective_user)();
  // Nanoseconds on a clock that only goes forward.
  int64_t (*now)();
  // Gives the processor away for about this long.
  void (*pause)(int64_t nanoseconds);
};

extern const SystemCalls kKernelCalls;

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_SYSTEM_SYSTEM_CALLS_H_
