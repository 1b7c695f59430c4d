// SPDX-License-Identifier: Apache-2.0

// TokenIdentity: the identity of a directory on a file system without file
// handles (overlayfs, or a container profile that refuses them), without
// holding a descriptor of it.
//
// It is the time of birth, and a random token that is written into an extended
// attribute, `user.finalize.dir`: clocks tick too slowly to tell two
// directories apart. A copy can have the token, but was born later: it can only
// be made of a directory that has the token, and would have to be made within
// the tick (4 ms) of the directory's own birth.
//
// It is not the inode number: an overlay whose layers are on different file
// systems invents one, and another one when the kernel has forgotten the
// directory. The time of birth is that of the directory in the upper layer.
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
  // Nothing if there is no time of birth, or no such attribute.
  static std::optional<TokenIdentity> Make(int parent_fd, const char* name);

  // Whether that entry is this directory. False as well if it cannot be asked.
  bool IsAt(int parent_fd, const char* name) const;
  // Whether `fd` is open on it (O_PATH is enough).
  bool Is(int fd) const;
  // Takes the token away from the directory at `path`, if it is this one.
  void ClearAt(const char* path) const;

 private:
  TokenIdentity() = default;

  int64_t birth_seconds_ = 0;
  uint32_t birth_nanoseconds_ = 0;
  std::string token_;
};

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_IDENTITY_TOKEN_IDENTITY_H_
