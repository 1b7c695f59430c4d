// SPDX-License-Identifier: Apache-2.0

// OwnedFile: one temp file, from before it is created until it is removed or
// kept. It lives in the root of its process as a temp dir does, with the same
// states, locks and triggers (owned_directory.h); what differs is how the entry
// is created, identified and removed.
//
// Thread-safe, except the destructor.

#ifndef TEMPDIR_INTERNAL_OWNED_OWNED_FILE_H_
#define TEMPDIR_INTERNAL_OWNED_OWNED_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "tempdir/internal/identity/file_identity.h"
#include "tempdir/internal/identity/owned_descriptor.h"
#include "tempdir/internal/owned/owned_directory.h"
#include "tempdir/temp_dir_options.h"

namespace tempdir_internal {

// The permissions, unless the options set others.
constexpr mode_t kFileMode = 0600;

class OwnedFile final : public OwnedDirectory {
 public:
  explicit OwnedFile(tempdir::TempDirOptions options)
      // One unlink() in the background would save nothing.
      : OwnedDirectory(std::move(options.set_remove_in_background(false))) {}

  bool is_file() const override { return true; }
  OwnedDescriptor& descriptor() { return descriptor_; }

 protected:
  absl::Status CheckOptions() const override;
  absl::Status MakeEntry(const ProcessRoot& root) override;
  absl::Status Identify(int root_fd) override;
  bool IsEntry(int fd) const override;
  bool RemoveAtOnce() override;
  absl::Status RemoveCompletely() override;

 private:
  // Returns where the open file is now; empty if it has no name any longer.
  std::string Elsewhere() const;

  OwnedDescriptor descriptor_;
  // Guarded by the lock of the base, as its name is.
  FileIdentity identity_;
};

// Gives the file that is open at `fd` the permissions that were asked for,
// whatever the umask. Returns FailedPrecondition if the file system does not
// have these, and the options insist on them.
absl::Status SettleFileMode(int fd, const tempdir::TempDirOptions& options,
                            FileIdentity* identity);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_OWNED_OWNED_FILE_H_
