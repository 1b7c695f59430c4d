// SPDX-License-Identifier: Apache-2.0

// TokenIdentity: the identity of a directory on a file system without file
// handles (overlayfs, or a container profile that refuses them), without
// holding a descriptor of it.
//
// It consists of the time of birth and of a random token in an extended
// attribute, `user.finalize.dir`. The time alone is not enough, because the
// clock ticks too slowly to tell two directories apart. The token alone is not
// enough, because a copy may have it. A copy is born later than its original,
// unless it is made within the same tick (4 ms).
//
// The inode number is not used: an overlay whose layers are on different file
// systems invents one, and invents another one after the kernel has forgotten
// the directory. The time of birth is that of the directory in the upper layer.
//
// Copyable. Thread-compatible (const calls may run concurrently).

#ifndef TEMPDIR_INTERNAL_IDENTITY_TOKEN_IDENTITY_H_
#define TEMPDIR_INTERNAL_IDENTITY_TOKEN_IDENTITY_H_

#include <cstdint>
#include <optional>
#include <string>

namespace tempdir_internal {

class TokenIdentity {
 public:
  // Writes a token into the directory `name` of the one open at `parent_fd`.
  // Returns nothing if the file system has no time of birth, or no such
  // attribute.
  static std::optional<TokenIdentity> Make(int parent_fd, const char* name);

  // Returns whether that entry is this directory; false if the kernel does not
  // tell.
  bool IsAt(int parent_fd, const char* name) const;
  // Whether `fd` is open on it (O_PATH is enough).
  bool Is(int fd) const;
  // Removes the token of the directory at `path`, if it is this one.
  void ClearAt(const char* path) const;

 private:
  TokenIdentity() = default;

  int64_t birth_seconds_ = 0;
  uint32_t birth_nanoseconds_ = 0;
  std::string token_;
};

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_IDENTITY_TOKEN_IDENTITY_H_
