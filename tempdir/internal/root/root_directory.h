// SPDX-License-Identifier: Apache-2.0

// RootDirectory: the directory of a ProcessRoot on disk: how it is created,
// marked, locked, opened again and removed.
//
// It is created with a mark that tells it from other directories (root_mark.h),
// and, if others may not see its lock, with one that says so (keep_mark.h):
//
// clang-format off
//     mkdir --> open --> lock --> live mark --> mark --> its name means it?
//                                                           | yes    | no
//                                                         in use   another one
// clang-format on
//
// If the process is killed meanwhile, it leaves a directory that holds nothing
// of the user.
//
// Confined to the holder of the lock of its ProcessRoot, except: fd(), the
// other accessors, IsAtItsPath() and IsOpenAt() are thread-safe once Make() has
// returned.

#ifndef TEMPDIR_INTERNAL_ROOT_ROOT_DIRECTORY_H_
#define TEMPDIR_INTERNAL_ROOT_ROOT_DIRECTORY_H_

#include <sys/types.h>

#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tempdir/internal/root/private_directory.h"
#include "tempdir/temp_dir_guarantees.h"

namespace tempdir_internal {

class RootDirectory {
 public:
  // Where the temp dirs are: in a directory of the process, or in the parent
  // itself. The parent is neither created nor locked nor removed, and each temp
  // dir in it has the name and the lock of a root.
  enum class Home { kRoot, kParent };

  RootDirectory(std::string parent, Home home)
      : parent_(std::move(parent)), home_(home) {}
  RootDirectory(const RootDirectory&) = delete;
  RootDirectory& operator=(const RootDirectory&) = delete;

  // Creates it, or opens the parent.
  absl::Status Make();
  // Opens it at its path and locks it; the descriptors that it had are closed
  // already.
  absl::StatusOr<int> OpenAgain();
  // Closes its descriptors, without unlocking: a forked child may hold the same
  // locks.
  void CloseDescriptors();
  // Removes it if it is empty. Returns whether it did.
  bool Remove();

  bool IsAtItsPath() const;
  // Returns whether `fd` is open on it.
  bool IsOpenAt(int fd) const;

  int fd() const { return fd_.load(std::memory_order_acquire); }
  const std::string& path() const { return path_; }
  const std::string& parent() const { return parent_; }
  Home home() const { return home_; }
  // The user for whom it was created.
  uid_t user() const { return user_; }
  const tempdir::TempDirGuarantees& guarantees() const { return guarantees_; }

 private:
  absl::Status MakeOnce(int parent_fd);
  // Locks and marks the directory that was just created.
  absl::StatusOr<int> TakeMade(int parent_fd, const PrivateDirectory& made);
  absl::Status Mark(int fd);
  // For Home::kParent.
  absl::StatusOr<int> OpenHome();
  bool RemoveAt(int base, const std::string& name);

  const std::string parent_;
  const Home home_;
  std::string path_;
  uid_t user_ = 0;
  tempdir::TempDirGuarantees guarantees_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  std::atomic<int> fd_{-1};
  std::vector<int> enclosing_;  // locks of the roots that it lies in
};

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_ROOT_ROOT_DIRECTORY_H_
