// Locks of directories: flock, the proof that somebody lives who uses one.
//
// An owner holds a shared lock, a reaper takes an exclusive one. The kernel
// drops a lock with the last descriptor of its open file, however the holders
// die. A forked child has such a descriptor too: it holds the lock along with
// its parent, and closing is all that it ever does with it.
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
// shared. Aborted where there is no such directory (any more), where a reaper
// holds it, or where the name means another one by now: start again.
//
// Where a file system has no locks it is not locked: no reaper touches those
// (local_file_system.h).
absl::StatusOr<int> OpenLocked(int parent_fd, const char* name);

// The roots of other processes that the directory open at `fd` lies in:
// whoever makes temp dirs in another's temp dir holds that too, or a reaper
// would take it for dead with its owner. Appends the descriptors to `locks`.
// Aborted where a reaper is at one of them. Where there is no /proc none is
// found, and none is locked.
absl::Status LockEnclosingRoots(int fd, std::vector<int>* locks);

// A lock that goes with its object, unless the program has closed its
// descriptor by then: the number may be another file's. Confined to one thread.
class HeldLock {
 public:
  HeldLock() = default;
  // For what OpenLocked() gave for `name`.
  HeldLock(int fd, std::string name);
  HeldLock(HeldLock&& other) noexcept;
  HeldLock& operator=(HeldLock&& other) noexcept;
  ~HeldLock() { Release(); }

  void Release();
  // Leaves it to the end of the process.
  void Abandon() { fd_ = -1; }
  // Takes the marks of a root (root_mark.h, keep_mark.h) from the directory.
  void Unmark();
  // The directory has been renamed.
  void SetName(std::string name) { name_ = std::move(name); }
  // Takes it again if the program has closed its descriptor, and the name still
  // means this directory in the one open at `parent_fd`. True if it was taken.
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
