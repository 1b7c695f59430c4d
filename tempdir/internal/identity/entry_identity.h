// SPDX-License-Identifier: Apache-2.0

// EntryIdentity: the identity of a directory (directory_identity.h). It looks
// at the entry in the parent and does not open the directory, which saves two
// system calls each time.
//
// The identity is the file handle, compared within one file system. That is
// enough: an entry is on the file system of its parent, unless it is a mount
// point, which cannot be removed or moved, and which the removal engine does
// not enter. If the file system has no lasting handles, the directory is opened
// and marked with a token (token_identity.h). If it cannot be marked, a
// descriptor of it is held.
//
// Movable, not copyable. Thread-compatible (const calls may run concurrently).

#ifndef TEMPDIR_INTERNAL_IDENTITY_ENTRY_IDENTITY_H_
#define TEMPDIR_INTERNAL_IDENTITY_ENTRY_IDENTITY_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tempdir/internal/identity/directory_identity.h"
#include "tempdir/internal/identity/token_identity.h"

namespace tempdir_internal {

class EntryIdentity {
 public:
  // The identity of the directory `name` in the one open at `parent_fd`.
  static absl::StatusOr<EntryIdentity> Of(int parent_fd, const char* name);

  EntryIdentity(EntryIdentity&&) = default;
  EntryIdentity& operator=(EntryIdentity&&) = default;

  // Returns whether that entry is this directory; false if the kernel does not
  // tell.
  bool IsAt(int parent_fd, const char* name) const;
  // Whether `fd` is open on it.
  bool Is(int fd) const;
  // The token that was written into the directory, if any.
  const std::optional<TokenIdentity>& token() const { return token_; }
  // Removes that token, if there is one. For a directory that no longer belongs
  // to the library and is at `path`.
  void UnmarkAt(const char* path) const {
    if (token_) token_->ClearAt(path);
  }

  // Returns the identity of that entry in the form that the removal engine
  // takes; NotFound if there is no such entry, FailedPrecondition if it is
  // another directory or file.
  absl::StatusOr<DirectoryIdentity> FindAt(int parent_fd,
                                           const char* name) const;

 private:
  EntryIdentity() = default;

  // The handle's type and bytes; empty if there is none that lasts.
  std::string handle_;
  std::optional<TokenIdentity> token_;
  // If there is neither.
  std::optional<DirectoryIdentity> opened_;
};

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_IDENTITY_ENTRY_IDENTITY_H_
