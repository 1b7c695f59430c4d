// TokenIdentity: the identity of a directory on a file system without file
// handles (overlayfs, or a container profile that refuses them), without
// holding a descriptor of it.
//
// It is inode number and time of birth, and a random token that is written into
// an extended attribute, `user.finalize.dir`: inode numbers are used again at
// once, and clocks tick too slowly to tell two directories apart. A copy has
// the token, but another inode number.
//
// Copyable. Thread-compatible (const calls may run concurrently).

#ifndef TEMPDIR_INTERNAL_TOKEN_IDENTITY_H_
#define TEMPDIR_INTERNAL_TOKEN_IDENTITY_H_

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

  uint64_t inode_ = 0;
  int64_t birth_seconds_ = 0;
  uint32_t birth_nanoseconds_ = 0;
  std::string token_;
};

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_TOKEN_IDENTITY_H_
