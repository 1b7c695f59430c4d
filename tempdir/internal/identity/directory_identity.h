// SPDX-License-Identifier: Apache-2.0

// DirectoryIdentity: tells whether a directory is the very one that was seen
// before.
//
//   absl::StatusOr<DirectoryIdentity> mine = DirectoryIdentity::Of(fd);
//   ...
//   if (mine->Is(other_fd)) ...  // the same directory, wherever it is now
//
// Inode numbers do not do: a removed directory's number is given to the next
// one at once. The identity is the kernel's file handle (it carries the
// inode's generation) together with device and inode. If the file system has no
// handles, or handles that end when the kernel forgets the directory (FUSE), a
// descriptor of the directory is held instead, which keeps its number from
// being used again.
//
// Movable, not copyable. Thread-compatible (const calls may run concurrently).

#ifndef TEMPDIR_INTERNAL_IDENTITY_DIRECTORY_IDENTITY_H_
#define TEMPDIR_INTERNAL_IDENTITY_DIRECTORY_IDENTITY_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

#include "absl/status/statusor.h"

namespace tempdir_internal {

// Whether a file handle on the file system of `fd` means the same directory as
// long as that exists. FUSE makes new ones when the kernel has dropped what it
// knew of the directory.
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

  // Whether `fd` is open on this directory. False as well if the kernel
  // does not say.
  bool Is(int fd) const;

  // Whether a descriptor is held for it (no file handles here).
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
