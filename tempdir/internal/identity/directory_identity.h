// SPDX-License-Identifier: Apache-2.0

// DirectoryIdentity: tells whether a directory is the very one that was seen
// before.
//
//   absl::StatusOr<DirectoryIdentity> mine = DirectoryIdentity::Of(fd);
//   ...
//   if (mine->Is(other_fd)) ...  // the same directory, wherever it is now
//
// The inode number is not enough: when a directory is removed, the next new one
// may get its number at once. The identity is the kernel's file handle, which
// contains the generation of the inode, with the device and the inode. Some
// file systems have no handles, or handles that become invalid when the kernel
// forgets the directory (FUSE). There, a descriptor of the directory is held,
// so that its inode number is not used again.
//
// Movable, not copyable. Thread-compatible (const calls may run concurrently).

#ifndef TEMPDIR_INTERNAL_IDENTITY_DIRECTORY_IDENTITY_H_
#define TEMPDIR_INTERNAL_IDENTITY_DIRECTORY_IDENTITY_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

#include "absl/status/statusor.h"

namespace tempdir_internal {

// Returns whether the file handle of a directory on the file system of `fd`
// stays the same while the directory exists. FUSE creates a new handle after
// the kernel has dropped the directory from its cache.
bool HandlesLast(int fd);
// The same for a handle of this type: no system call for most file systems.
bool HandleLasts(int fd, int type);

class DirectoryIdentity {
 public:
  // The identity of the directory open at `fd` (O_PATH is enough). `fd` stays
  // the caller's.
  static absl::StatusOr<DirectoryIdentity> Of(int fd);

  DirectoryIdentity(DirectoryIdentity&& other) noexcept;
  DirectoryIdentity& operator=(DirectoryIdentity&& other) noexcept;
  ~DirectoryIdentity();

  // Returns whether `fd` is open on this directory; false if the kernel does
  // not tell.
  bool Is(int fd) const;

  // Whether it holds a descriptor, because there is no lasting file handle.
  bool holds_descriptor() const { return held_fd_ >= 0; }

 private:
  // A file handle as name_to_handle_at(2) gives it; `size` 0 means none.
  struct Handle {
    static constexpr size_t kMaxSize = 128;

    uint32_t size = 0;
    int type = 0;
    unsigned char bytes[kMaxSize] = {};
  };

  DirectoryIdentity() = default;

  static Handle HandleOf(int fd);

  dev_t device_ = 0;
  ino_t inode_ = 0;
  Handle handle_;
  int held_fd_ = -1;
};

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_IDENTITY_DIRECTORY_IDENTITY_H_
