// SPDX-License-Identifier: Apache-2.0

// ProcessRoot: the directory of this process in which its temp dirs are,
// `<parent>/finalize-<uid>-<random>`, one for each parent in use.
//
// It makes it possible to find what a dead process left, to prove that it has
// no owner, and to remove it, as one piece. And creating a temp dir costs
// little more than mkdir in a directory that is open already.
//
// clang-format off
//                Acquire                       Release of the last one
//     (nothing) --------> in use, live > 0 -----------------> removed
//                             |                                  ^
//                             | not at its path any more         |
//                             v IsUsable                         |
//                         lost, live > 0 ------------------------+
// clang-format on
//
//   in use   in RootsOfProcess, descriptor open
//   lost     another process moved, removed or replaced it, or this process
//            became another user. It stays in RootsOfProcess for the temp dirs
//            in it, which are still reached through the descriptor; new ones
//            get a new root
//   removed  removed by rmdir (unless it is not empty), descriptor closed. The
//            descriptor finds it, so it is removed even if its parent was
//            renamed
//
// RootDirectory (root_directory.h) creates, opens and removes the directory.
//
// A forked child starts without roots: it never uses, removes or closes a root
// of its parent, unless it has adopted all of them.
//
// The root is locked shared, through its one descriptor, from the moment it is
// visible until it is removed (directory_lock.h). The lock tells reapers that
// this process, or a child forked from it, is running. Roots of other processes
// that contain it are locked as well.
//
// The next creation notices if the program has closed every descriptor: what
// was created through the descriptor must be visible at the root's path, and
// what is not found through it is looked for again once it has been checked.
// The root is then locked again, or given up if a reaper was faster; the same
// is done for every other root of the process and each temp dir without one.
//
// Thread-safe. A lock is held across the system calls that create and remove a
// root, never across a callback.

#ifndef TEMPDIR_INTERNAL_ROOT_PROCESS_ROOT_H_
#define TEMPDIR_INTERNAL_ROOT_PROCESS_ROOT_H_

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
#include "tempdir/internal/root/root_directory.h"
#include "tempdir/temp_dir_guarantees.h"

namespace tempdir_internal {

struct RootsOfProcess;

// What a temp dir that has no root has instead. Guarded by the lock of
// RootsOfProcess from AddHold() on.
struct DirectHold {
  HeldLock lock;
  RootEntry entry;
};

class ProcessRoot {
 public:
  using Home = RootDirectory::Home;

  // Returns the root in `parent` (absolute), which it creates if there is none,
  // and counts one more temp dir in it.
  static absl::StatusOr<ProcessRoot*> Acquire(const std::string& parent,
                                              Home home = Home::kRoot);
  // The converse of Acquire. In a child of the process that acquired it,
  // nothing happens.
  void Release();

  // The root's descriptor, not checked: a program that closes every descriptor
  // may have closed it, and the number may be another file's.
  int fd() const { return directory_.fd(); }
  // The same, checked just now and opened again if necessary.
  absl::StatusOr<int> Descriptor();

  // For a caller whose mkdir in it failed: returns whether the root is not the
  // cause. If it is, the next Acquire returns a good one: this one was closed
  // and is open again, or it is not at its path or not the effective user's,
  // and is replaced.
  bool IsUsable();

  // Returns true to its first caller only.
  bool TakeFirstUse() {
    return first_use_.load(std::memory_order_relaxed) &&
           first_use_.exchange(false, std::memory_order_relaxed);
  }

  // For a caller that has just created something in it: whether the path leads
  // to it. In a parent that is closed to others, a caller that sees the new
  // entry at its path has seen that.
  bool PathLeadsHere() const {
    return guarantees().path || directory_.IsAtItsPath();
  }

  const std::string& path() const { return directory_.path(); }
  const std::string& parent() const { return directory_.parent(); }
  Home home() const { return directory_.home(); }
  // What holds for everything that is created in it.
  const tempdir::TempDirGuarantees& guarantees() const {
    return directory_.guarantees();
  }
  // The process whose root it is. Never destroyed.
  const finalize::OwnerProcess* owner() const;
  // A crash leaves `more` more of its temp dirs.
  void CountKept(int more) { entry_.CountKept(more); }

  // For Home::kParent: a temp dir is there from now on, under the name of its
  // lock, which is to be locked again along with the roots.
  void AddHold(std::shared_ptr<DirectHold> hold);
  // A crash does not remove it from now on. Returns false if a crash is about
  // to.
  bool ReleaseHold(DirectHold* hold);
  // A crash finds it again, under this name, and removes it, or keeps it if
  // `kept`.
  void EnterHold(DirectHold* hold, std::string name, bool kept);
  // Ends it. In a child of the process that added it, only closes it.
  void DropHold(DirectHold* hold);

 private:
  friend size_t SweepProcessRoots(bool process_ends);
  friend void CheckProcessRoots();

  ProcessRoot(RootsOfProcess* roots, std::string parent, Home home)
      : roots_(roots), directory_(std::move(parent), home) {}

  // These are called with the lock of `roots_` held.
  //
  // Opens the directory again; the descriptors that it had are closed already.
  absl::StatusOr<int> OpenAgain();
  // Ends a root without temp dirs.
  static void Discard(ProcessRoot* root);
  // Locks again, if it can, what the program has closed.
  static void TakeLocksAgain(RootsOfProcess* roots);
  static bool AnyIsClosed(const RootsOfProcess& roots);
  void TakeHoldsAgain();
  // Enters it in the table of roots (root_table.h).
  void Enter(DirectHold* hold, bool kept);

  RootsOfProcess* const roots_;
  RootDirectory directory_;
  std::atomic<bool> first_use_{true};
  // Guarded by the lock of `roots_`.
  int live_ = 0;
  bool lost_ = false;
  RootEntry entry_;
  std::vector<std::shared_ptr<DirectHold>> holds_;
};

// For the end of the process: waits for what is removed in the background, as
// long as the deadline of the end allows, and returns how much of that remains;
// then removes the roots that are empty. An atexit handler calls it, too. Does
// nothing on a thread that crashes, or unless `process_ends`.
size_t SweepProcessRoots(bool process_ends);

// Opens and locks again the roots, and the temp dirs without one, whose
// descriptors the program has closed.
void CheckProcessRoots();

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_ROOT_PROCESS_ROOT_H_
