// SPDX-License-Identifier: Apache-2.0

// LateWork: the part of a tree removal that others cause by adding to the tree
// while it is removed. It has one time limit
// (RemoveTreeOptions::writer_timeout).
//
// Each directory is emptied once without a limit: that is the content which was
// there. A directory is late, and the time spent in it counts, if
//   - it was emptied before and is not empty after all, or
//   - it was found in a late directory, or
//   - it was created after the first directory was found late, or after the
//     limit had passed once since the removal began.
// The limit is on the sum; nothing resets it.
//
// Another removal of the same tree moves directories up (move_up.h), so they
// are found in a late one: in the root. They prove themselves by their age: one
// that is older than the first late directory, and is seen for the first time,
// is not late. The time of the look that found it is then forgiven, which means
// that it does not count. All looks together are forgiven no more time than was
// spent in what is not late, so a process that moves older directories in,
// beside other files, cannot put the limit off again and again. If the file
// system keeps no times of birth, the name that removals give is taken for such
// a proof, but only while the limit has not passed since then.
//
// Times are compared with each other only if the file system gave both: the
// clock of a server may be another.
//
// Thread-safe. Guarded by the queue, except what is atomic.

#ifndef TEMPDIR_INTERNAL_TREE_LATE_WORK_H_
#define TEMPDIR_INTERNAL_TREE_LATE_WORK_H_

#include <atomic>
#include <cstdint>

#include "tempdir/internal/system/system_calls.h"
#include "tempdir/internal/tree/removal_queue.h"
#include "tempdir/internal/tree/removal_storage.h"
#include "tempdir/internal/tree/seen_inodes.h"

namespace tempdir_internal {

class LateWork {
 public:
  // `limit` in nanoseconds.
  LateWork(const SystemCalls& calls, RemovalStorage& storage,
           RemovalQueue& queue, int64_t limit)
      : calls_(calls),
        queue_(queue),
        seen_(storage),
        limit_(limit),
        began_(calls.now()) {}
  LateWork(const LateWork&) = delete;
  LateWork& operator=(const LateWork&) = delete;

  // Counts the time from its construction to its destruction, once for all that
  // do so at a time.
  class Timer {
   public:
    // Does nothing if `work` is null.
    explicit Timer(LateWork* work);
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;
    ~Timer();

   private:
    LateWork* const work_;
    uint32_t proven_before_ = 0;
  };

  // Whether there is time for late directories.
  bool HasTime();

  // The directory open at `fd` was found late: fills up again.
  void Found(int fd);
  // Something was just removed from the directory open at `fd`, `elapsed`
  // nanoseconds after the removal began.
  void Progressed(int fd, int64_t elapsed) {
    if (elapsed > limit_ && born_by_.load(std::memory_order_relaxed) == 0) {
      Found(fd);
    }
  }

  // Whether the directory open at `fd`, which was found in one that is not
  // late, is late.
  bool IsNew(int fd);
  // Whether the directory `name`, found in the late one open at `parent`, was
  // there before. `moved` says that it has a name that removals give.
  bool ProvesItself(int parent, const char* name, bool moved);

 private:
  // How much of a look that took `elapsed`, up to `now`, is forgiven.
  int64_t Forgivable(int64_t now, int64_t elapsed) const;

  const SystemCalls& calls_;
  RemovalQueue& queue_;
  SeenInodes seen_;
  const int64_t limit_;
  const int64_t began_;

  // Directories born by then are not late. 0: none is.
  std::atomic<int64_t> born_by_{0};
  // When that was set, by our clock.
  std::atomic<int64_t> found_at_{0};
  // How often ProvesItself was true.
  std::atomic<uint32_t> proven_{0};

  int timers_ = 0;
  int64_t since_ = 0;
  int64_t spent_ = 0;
  int64_t forgiven_ = 0;
};

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_TREE_LATE_WORK_H_
