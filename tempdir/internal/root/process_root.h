// ProcessRoot: the directory of this process in which its temp dirs live,
// `<parent>/finalize-<uid>-<random>`, one for each parent in use.
//
// Why there is one: what a dead process left is then found, proved ownerless
// and removed as one piece, and making a temp dir costs little more than mkdir
// in a directory that is open already.
//
//                Acquire                       Release of the last one
//     (nothing) --------> in use, live > 0 -----------------> removed
//                             |                                  ^
//                             | not at its path any more         |
//                             v IsUsable                         |
//                         lost, live > 0 ------------------------+
//
//   in use   on the table, descriptor open
//   lost     moved away, removed or replaced by somebody, or not usable since
//            the process became another user; on the table for the sake of the
//            temp dirs in it, which are still reached through the descriptor;
//            new ones get a new root
//   removed  rmdir'ed (unless something is left in it), descriptor closed. It
//            is found through its descriptor, so that it is also removed if its
//            parent was renamed.
//
// It is made with a mark that tells it from other directories (root_mark.h),
// and, where others may not see its lock, with one that says so (keep_mark.h):
//
//     mkdir --> open --> lock --> live mark --> mark --> the name means it?
//                                                           | yes    | no
//                                                         in use   another one
//
// Killed on the way, it leaves a directory that holds nothing of a user.
//
// A forked child starts with an empty table: it never uses, removes or closes
// a root of its parent's, unless it has adopted them all.
//
// The root is locked shared, through its one descriptor, from the moment it can
// be seen until it is removed (directory_lock.h): that tells reapers that this
// process, or a child forked from it, lives. Roots of other processes that it
// lies in are locked along with it.
//
// A program that closes every descriptor is noticed at the next creation: what
// was made through it has to be seen at the root's path, and what is not found
// through it is looked for again once it has been checked. Then it is locked
// again, or given up if a reaper was there first; and so is every other root of
// the process, and each temp dir that has no root.
//
// Thread-safe. No lock is held across a callback; one is across the system
// calls that make and remove a root.

#ifndef TEMPDIR_INTERNAL_ROOT_PROCESS_ROOT_H_
#define TEMPDIR_INTERNAL_ROOT_PROCESS_ROOT_H_

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "finalize/owner_process.h"
#include "tempdir/internal/marks/root_table.h"
#include "tempdir/internal/root/directory_lock.h"
#include "tempdir/internal/root/private_directory.h"
#include "tempdir/temp_dir_guarantees.h"

namespace tempdir_internal {

struct RootTable;

// What a temp dir that has no root has instead. Guarded by the lock of the
// table from AddHold() on.
struct DirectHold {
  HeldLock lock;
  RootEntry entry;
};

class ProcessRoot {
 public:
  // Where the temp dirs live: in a directory of the process, or in the parent
  // itself. That is neither made nor locked nor removed, and each temp dir has
  // the name and the lock of a root.
  enum class Home { kRoot, kParent };

  // Returns the root in `parent` (absolute), made if there is none, and counts
  // one more temp dir in it.
  static absl::StatusOr<ProcessRoot*> Acquire(const std::string& parent,
                                              Home home = Home::kRoot);
  // The converse of Acquire. In a child of the process that acquired it,
  // nothing happens.
  void Release();

  // The root's descriptor, as it was left: a program that closes every
  // descriptor may have closed it, and the number may be another file's.
  int fd() const { return fd_.load(std::memory_order_acquire); }
  // The same, checked just now and opened again where that is needed.
  absl::StatusOr<int> Descriptor();

  // For a user whose mkdir in it failed: whether that is not the root's fault.
  // Else the next Acquire gives a good one: it was closed and is open again, or
  // it is not at its path or not the effective user's, and is replaced.
  bool IsUsable();

  // True once, for whoever asks first.
  bool TakeFirstUse() {
    return first_use_.load(std::memory_order_relaxed) &&
           first_use_.exchange(false, std::memory_order_relaxed);
  }

  // For a user that has just made something in it: whether the path leads to
  // it. In a parent that is closed to others, who sees the new entry at its
  // path has seen that.
  bool PathLeadsHere() const { return guarantees_.path || IsAtItsPath(); }

  const std::string& path() const { return path_; }
  const std::string& parent() const { return parent_; }
  Home home() const { return home_; }
  // What holds for everything that is made in it.
  const tempdir::TempDirGuarantees& guarantees() const { return guarantees_; }
  // The process whose root it is. Never destroyed.
  const finalize::OwnerProcess* owner() const;
  // For a user: so many more of its temp dirs are left by a crash.
  void CountKept(int more) { entry_.CountKept(more); }

  // For Home::kParent: a temp dir is there from now on, under the name of its
  // lock, which is to be locked again along with the roots.
  void AddHold(std::shared_ptr<DirectHold> hold);
  // It is not for a crash to remove any more. False where a crash is about to.
  bool ReleaseHold(DirectHold* hold);
  // It is again, under this name.
  void EnterHold(DirectHold* hold, std::string name);
  // Its end. In a child of the process that added it, it is only closed.
  void DropHold(DirectHold* hold);

 private:
  friend size_t SweepProcessRoots(bool process_ends);
  friend void CheckProcessRoots();

  ProcessRoot(RootTable* table, std::string parent, Home home)
      : table_(table), parent_(std::move(parent)), home_(home) {}

  absl::Status Make();
  absl::Status MakeOnce(int parent_fd);
  // Locks and marks the directory `name`, which was just made.
  absl::StatusOr<int> TakeMade(int parent_fd, const PrivateDirectory& made);
  absl::Status Mark(int fd);
  // For Home::kParent.
  absl::StatusOr<int> OpenHome();
  // Opens it at its path and locks it; the old locks are gone.
  absl::StatusOr<int> OpenAgain();
  void CloseDescriptors();
  bool IsAtItsPath() const;
  bool IsOpenAt(int fd) const;
  // Removes it if it is empty.
  bool RemoveDirectory();
  bool RemoveAt(int base, const std::string& name);
  // For a holder of the table's lock: the end of a root without temp dirs.
  static void Discard(ProcessRoot* root);
  // For the same: what the program has closed is locked again, if it can be.
  static void TakeLocksAgain(RootTable* table);
  static bool AnyIsClosed(const RootTable& table);
  void TakeHoldsAgain();
  // Enters it in the table of roots.
  void Enter(DirectHold* hold);

  RootTable* const table_;
  const std::string parent_;
  const Home home_;
  std::string path_;
  uid_t user_ = 0;  // whose it was made for
  tempdir::TempDirGuarantees guarantees_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  std::atomic<int> fd_{-1};
  std::atomic<bool> first_use_{true};
  // Guarded by the table's lock.
  int live_ = 0;
  bool lost_ = false;
  std::vector<int> enclosing_;  // locks of the roots that it lies in
  RootEntry entry_;
  std::vector<std::shared_ptr<DirectHold>> holds_;
};

// Where the process ends: waits for what is removed in the background, as long
// as the deadline of the process's end allows, and returns how much of that is
// left; then removes the roots that are empty. An atexit handler calls it, too.
// Nothing happens on a thread that crashes, or unless `process_ends`.
size_t SweepProcessRoots(bool process_ends);

// Opens and locks again the roots, and the temp dirs that have none, whose
// descriptors the program has closed.
void CheckProcessRoots();

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_ROOT_PROCESS_ROOT_H_
