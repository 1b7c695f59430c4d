// SPDX-License-Identifier: Apache-2.0

// EntryIdentity: the identity of a directory (directory_identity.h), taken and
// compared by its entry, without opening it: two system calls less each time.
//
// It is the file handle, compared within one file system: an entry of a
// directory is on the file system of that, or a mount point. (A mount point
// cannot be removed or moved, and the removal engine does not enter it.) If the
// file system has no handles that last, the directory is opened after all, and
// marked with a token (token_identity.h). Only if that cannot be, a descriptor
// of it is held.
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

  // Whether that entry is this directory. False as well if the kernel does
  // not say.
  bool IsAt(int parent_fd, const char* name) const;
  // Whether `fd` is open on it.
  bool Is(int fd) const;
  // What was written into the directory to know it by, if anything.
  const std::optional<TokenIdentity>& token() const { return token_; }
  // Takes away what was written into the directory to know it by, for one that
  // is not the library's any more and is at `path`.
  void UnmarkAt(const char* path) const {
    if (token_) token_->ClearAt(path);
  }

  // The same identity in the form that the removal engine takes: found at that
  // entry. NotFound if nothing is there, FailedPrecondition if something else
  // is.
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
