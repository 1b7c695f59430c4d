// SPDX-License-Identifier: Apache-2.0

// OwnedDescriptor: the open descriptor of a temp file.
//
// The destructor closes it, unless the program has closed it before: then the
// number may belong to another file. A forked child closes its own copy.
//
// Thread-safe, except: the destructor.

#ifndef TEMPDIR_INTERNAL_IDENTITY_OWNED_DESCRIPTOR_H_
#define TEMPDIR_INTERNAL_IDENTITY_OWNED_DESCRIPTOR_H_

#include <atomic>

#include "absl/status/status.h"
#include "tempdir/internal/identity/file_identity.h"

namespace tempdir_internal {

class OwnedDescriptor {
 public:
  OwnedDescriptor() = default;
  ~OwnedDescriptor() { Close().IgnoreError(); }
  OwnedDescriptor(const OwnedDescriptor&) = delete;
  OwnedDescriptor& operator=(const OwnedDescriptor&) = delete;

  // Takes `fd`, which is open on what `identity` says.
  void Take(int fd, const FileIdentity& identity);

  // -1 after it was closed.
  int fd() const { return fd_.load(std::memory_order_acquire); }

  // Returns what close() reports; OK if it was closed before.
  absl::Status Close();

  // Looks at the file; false if the descriptor is closed.
  bool Look(FileIdentity* seen) const;

 private:
  std::atomic<int> fd_{-1};
  FileIdentity identity_;
};

// Like open(2) with O_CLOEXEC and O_RDWR, but never returns 0, 1 or 2: a
// program may close the standard streams and open them again.
int OpenFileClear(int directory, const char* name, int flags, mode_t mode);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_IDENTITY_OWNED_DESCRIPTOR_H_
