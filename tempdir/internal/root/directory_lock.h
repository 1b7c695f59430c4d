// SPDX-License-Identifier: Apache-2.0

// Locks of directories: flock, the proof that a running process uses one.
//
// An owner holds a shared lock, a reaper takes an exclusive one. The kernel
// drops a lock with the last descriptor of its open file, however the holders
// end. A forked child has such a descriptor too: it holds the lock together
// with its parent, and only ever closes the descriptor.
//
// Thread-safe.

#ifndef TEMPDIR_INTERNAL_ROOT_DIRECTORY_LOCK_H_
#define TEMPDIR_INTERNAL_ROOT_DIRECTORY_LOCK_H_

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tempdir_internal {

// Opens the directory `name` (no link) in the one that is open at `parent_fd`
// for reading, with FD_CLOEXEC and clear of the standard streams, and locks it
// shared. Returns Aborted if there is no such directory (any longer), if a
// reaper holds it, or if the name means another one now: start again.
//
// If the file system has no locks, does not lock it: no reaper touches
// directories there (local_file_system.h).
absl::StatusOr<int> OpenLocked(int parent_fd, const char* name);

// Locks the roots of other processes that contain the directory open at `fd`: a
// process that creates temp dirs inside another process's temp dir holds that
// as well, so that no reaper removes it when its owner has ended. Appends the
// descriptors to `locks`. Returns Aborted if a reaper is removing one of them.
// If there is no /proc, finds and locks none.
absl::Status LockEnclosingRoots(int fd, std::vector<int>* locks);

// A lock that is released with its object, unless the program has closed its
// descriptor: the number may be another file's then. Confined to one thread.
class HeldLock {
 public:
  HeldLock() = default;
  // For the result of OpenLocked() for `name`.
  HeldLock(int fd, std::string name);
  HeldLock(HeldLock&& other) noexcept;
  HeldLock& operator=(HeldLock&& other) noexcept;
  ~HeldLock() { Release(); }

  void Release();
  // Keeps the lock until the process ends.
  void Abandon() { fd_ = -1; }
  // Removes the marks of a root (root_mark.h, keep_mark.h) from the directory.
  void Unmark();
  // The directory has been renamed.
  void SetName(std::string name) { name_ = std::move(name); }
  // Takes it again if the program has closed its descriptor, and the name still
  // means this directory in the one open at `parent_fd`. Returns whether it
  // did.
  bool TakeAgain(int parent_fd);

  int fd() const { return fd_; }
  const std::string& name() const { return name_; }

 private:
  bool IsOpenAt(int fd) const;

  int fd_ = -1;
  std::string name_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

// Whether the directory `name` in `parent_fd` is what is open at `fd`.
bool NameMeans(int parent_fd, const char* name, int fd);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_ROOT_DIRECTORY_LOCK_H_
