// SPDX-License-Identifier: Apache-2.0

// The removal backlog: the temp dirs that a library thread is to remove
// (TempDirOptions::set_remove_in_background).
//
// clang-format off
//   EnqueueRemoval ---> queued ---> being removed ---> removed, or failure reported
//     |                   |
//     | refused           | the process ends too early
//     v                   v
//   the caller          the next reaper removes it with the rest of its root
//   removes it now
// clang-format on
//
// The thread starts with the first removal that is queued, blocks all signals
// and never ends. A forked child has a separate backlog and thread; what its
// parent queued is the parent's. A child that adopts its parent's temp dirs
// takes over what is queued; what the parent's thread was removing stays until
// the child has ended as well.
//
// The lock of a backlog guards its list. It is never held across a system call
// that removes, or across a callback.
//
// Thread-safe.

#ifndef TEMPDIR_INTERNAL_ROOT_REMOVAL_BACKLOG_H_
#define TEMPDIR_INTERNAL_ROOT_REMOVAL_BACKLOG_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/time/time.h"

namespace tempdir_internal {

// If so many are queued, callers remove their directories themselves: they are
// faster than the thread.
constexpr size_t kMaxQueued = 256;

class QueuedRemoval {
 public:
  QueuedRemoval() = default;
  virtual ~QueuedRemoval() = default;
  QueuedRemoval(const QueuedRemoval&) = delete;
  QueuedRemoval& operator=(const QueuedRemoval&) = delete;

  // Called once, on the thread. Reports a failure itself. Returns false if the
  // end of the process should try again after it, and will not.
  virtual bool FinishRemoval() noexcept = 0;

 private:
  friend class RemovalBacklog;

  std::shared_ptr<QueuedRemoval> next_;  // guarded by the backlog's lock
};

// Returns whether there is room for one. Returns false on the thread itself.
bool AcceptsRemovals();

// Queues it. Returns false, and does nothing, if kMaxQueued are queued, or if
// no thread can be started.
bool EnqueueRemoval(std::shared_ptr<QueuedRemoval> removal);

// Waits, for at most `limit`, until all removals that this process has queued
// have been done. Returns how many are left. Does not wait on the thread
// itself.
size_t AwaitRemovals(absl::Duration limit);

// Returns how many of the removals that this process has queued have been done
// so far, with or without success.
uint64_t FinishedRemovalCount();

// Returns how many of those have failed, and are not tried again although they
// should be.
uint64_t GivenUpRemovalCount();

// The same as AwaitRemovals, and AcceptsRemovals() is false from then on.
size_t EndRemovals(absl::Duration limit);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_ROOT_REMOVAL_BACKLOG_H_
