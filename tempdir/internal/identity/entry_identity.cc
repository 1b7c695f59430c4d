// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/identity/entry_identity.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <string_view>
#include <utility>

namespace tempdir_internal {
namespace {

constexpr int kHeld = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

struct Handle {
  file_handle* header() { return reinterpret_cast<file_handle*>(room); }

  // Type and bytes; empty if the file system has none.
  std::string_view text() {
    return {reinterpret_cast<const char*>(&header()->handle_type), size};
  }

  alignas(file_handle) char room[sizeof(file_handle) + MAX_HANDLE_SZ];
  size_t size = 0;
};

void Fetch(int fd, const char* name, int flags, Handle* handle) {
  handle->header()->handle_bytes = MAX_HANDLE_SZ;
  int mount;
  if (name_to_handle_at(fd, name, handle->header(), &mount, flags) == 0) {
    handle->size = sizeof(int) + handle->header()->handle_bytes;
  }
}

}  // namespace

absl::StatusOr<EntryIdentity> EntryIdentity::Of(int parent_fd,
                                                const char* name) {
  EntryIdentity identity;
  Handle handle;
  Fetch(parent_fd, name, 0, &handle);
  if (handle.size > 0 && HandleLasts(parent_fd, handle.header()->handle_type)) {
    identity.handle_ = std::string(handle.text());
    return identity;
  }
  // FUSE does not tell the time of birth, and its inode numbers may change.
  if (handle.size == 0) identity.token_ = TokenIdentity::Make(parent_fd, name);
  if (identity.token_) return identity;
  const int fd = openat(parent_fd, name, kHeld);
  if (fd < 0) return absl::ErrnoToStatus(errno, "cannot open");
  absl::StatusOr<DirectoryIdentity> opened = DirectoryIdentity::Of(fd);
  close(fd);
  if (!opened.ok()) return opened.status();
  identity.opened_.emplace(*std::move(opened));
  return identity;
}

bool EntryIdentity::IsAt(int parent_fd, const char* name) const {
  if (!handle_.empty()) {
    Handle handle;
    Fetch(parent_fd, name, 0, &handle);
    return handle.text() == handle_;
  }
  if (token_) return token_->IsAt(parent_fd, name);
  const int fd = openat(parent_fd, name, kHeld);
  if (fd < 0) return false;
  const bool is = Is(fd);
  close(fd);
  return is;
}

bool EntryIdentity::Is(int fd) const {
  if (token_) return token_->Is(fd);
  if (handle_.empty()) return opened_->Is(fd);
  Handle handle;
  Fetch(fd, "", AT_EMPTY_PATH, &handle);
  return handle.text() == handle_;
}

absl::StatusOr<DirectoryIdentity> EntryIdentity::FindAt(
    int parent_fd, const char* name) const {
  const int fd = openat(parent_fd, name, kHeld);
  if (fd < 0 && errno == ENOENT) return absl::NotFoundError("nothing");
  if (fd < 0 && errno != ENOTDIR && errno != ELOOP) {
    return absl::ErrnoToStatus(errno, "cannot open");
  }
  if (fd < 0 || !Is(fd)) {
    if (fd >= 0) close(fd);
    return absl::FailedPreconditionError("another");
  }
  absl::StatusOr<DirectoryIdentity> opened = DirectoryIdentity::Of(fd);
  close(fd);
  return opened;
}

}  // namespace tempdir_internal
