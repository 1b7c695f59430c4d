// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/identity/token_identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "tempdir/internal/system/random_name.h"

namespace tempdir_internal {
namespace {

constexpr char kAttribute[] = "user.finalize.dir";
constexpr size_t kLetters = 16;
constexpr int kReadable = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr int kHeld = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

bool Examine(int fd, struct statx* seen) {
  return statx(fd, "", AT_EMPTY_PATH | AT_NO_AUTOMOUNT, STATX_BTIME, seen) ==
             0 &&
         (seen->stx_mask & STATX_BTIME) != 0;
}

// An O_PATH descriptor has no attributes, so they are read through /proc; if
// there is no /proc, through another descriptor.
ssize_t Read(int fd, char* text, size_t size) {
  ssize_t got = fgetxattr(fd, kAttribute, text, size);
  if (got >= 0 || errno != EBADF) return got;
  char link[32];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  got = getxattr(link, kAttribute, text, size);
  if (got >= 0 || errno == ENODATA) return got;
  const int readable = openat(fd, ".", kReadable);
  if (readable < 0) return -1;
  got = fgetxattr(readable, kAttribute, text, size);
  close(readable);
  return got;
}

}  // namespace

std::optional<TokenIdentity> TokenIdentity::Make(int parent_fd,
                                                 const char* name) {
  const int fd = openat(parent_fd, name, kReadable);
  if (fd < 0) return std::nullopt;
  TokenIdentity made;
  struct statx seen;
  const bool done =
      Examine(fd, &seen) && AppendRandomLetters(&made.token_, kLetters) &&
      fsetxattr(fd, kAttribute, made.token_.data(), kLetters, 0) == 0;
  close(fd);
  if (!done) return std::nullopt;
  made.birth_seconds_ = seen.stx_btime.tv_sec;
  made.birth_nanoseconds_ = seen.stx_btime.tv_nsec;
  return made;
}

bool TokenIdentity::IsAt(int parent_fd, const char* name) const {
  int fd = openat(parent_fd, name, kReadable);
  if (fd < 0 && errno == EACCES) fd = openat(parent_fd, name, kHeld);
  if (fd < 0) return false;
  const bool is = Is(fd);
  close(fd);
  return is;
}

bool TokenIdentity::Is(int fd) const {
  struct statx seen;
  char token[kLetters + 1];
  return Examine(fd, &seen) && seen.stx_btime.tv_sec == birth_seconds_ &&
         seen.stx_btime.tv_nsec == birth_nanoseconds_ &&
         Read(fd, token, sizeof token) == kLetters &&
         token_.compare(0, kLetters, token, kLetters) == 0;
}

void TokenIdentity::ClearAt(const char* path) const {
  const int fd = open(path, kReadable);
  if (fd < 0) return;
  if (Is(fd)) fremovexattr(fd, kAttribute);
  close(fd);
}

}  // namespace tempdir_internal
