// The removal backlog: what a thread of the library's own is still to remove
// (TempDirOptions::RemoveInBackground).
//
//   EnqueueRemoval -----> queued -----> being removed -----> gone, or a failure
//   told
//     |             |  the process ends in time
//     | refused     +-------> by the next reaper, with the rest of its root
//     v
//   the caller removes it at once
//
// The thread starts with the first removal that is put off, blocks all signals
// and stays. A forked child has a backlog and a thread of its own; what its
// parent put off is the parent's. A child that adopts takes over what is
// queued; what its parent's thread was at stays until the child has died, too.
//
// The lock of a backlog guards its list; it is held across no system call that
// removes, and no callback.
//
// Thread-safe.

#ifndef TEMPDIR_INTERNAL_ROOT_REMOVAL_BACKLOG_H_
#define TEMPDIR_INTERNAL_ROOT_REMOVAL_BACKLOG_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/time/time.h"

namespace tempdir_internal {

// With so many queued, callers remove for themselves: they are faster than the
// thread.
constexpr size_t kMaxQueued = 256;

class QueuedRemoval {
 public:
  QueuedRemoval() = default;
  virtual ~QueuedRemoval() = default;
  QueuedRemoval(const QueuedRemoval&) = delete;
  QueuedRemoval& operator=(const QueuedRemoval&) = delete;

  // Called once, on the thread.
  virtual void FinishRemoval() noexcept = 0;

 private:
  friend class RemovalBacklog;

  std::shared_ptr<QueuedRemoval> next_;  // guarded by the backlog's lock
};

// Whether there is room for one. False on the thread itself.
bool AcceptsRemovals();

// Queues it. False, and nothing is done, where as many are queued as may be or
// there is no thread to be had.
bool EnqueueRemoval(std::shared_ptr<QueuedRemoval> removal);

// Waits, but not for more than `limit`, until all that this process has put off
// has been done. Returns how much is left. On the thread itself it does not
// wait.
size_t AwaitRemovals(absl::Duration limit);

// How many that this process has put off have been done so far, with success or
// without.
uint64_t FinishedRemovalCount();

// The same as AwaitRemovals, and AcceptsRemovals() is false from then on.
size_t EndRemovals(absl::Duration limit);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_ROOT_REMOVAL_BACKLOG_H_
