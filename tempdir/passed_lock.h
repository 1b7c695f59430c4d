// SPDX-License-Identifier: Apache-2.0

// PassedLock keeps a temp dir from reapers while a program that its owner
// executes is using it.
//
//   auto lock = dir.PassLock();
//   if (!lock.ok()) return lock.status();
//   posix_spawn_file_actions_t actions;
//   posix_spawn_file_actions_init(&actions);
//   absl::Status added = lock->AddTo(&actions, 3);
//   if (!added.ok()) return added;
//   posix_spawn(&pid, "/usr/bin/sort", &actions, nullptr, argv, environ);
//
// A reaper removes a directory whose owner has ended and whose lock no process
// holds (reap.h). exec() closes the owner's lock, so a program that outlives
// its owner may lose the directory that it is using. With a passed lock the
// directory stays until both have ended, in either order.
//
// The program holds a lock on a separate open file description. If it unlocks
// that, closes it or ends, the owner's lock is unaffected. If it forks, its
// children hold the passed lock with it. It may ignore the descriptor.
//
// Only reapers respect the lock: the owner's Remove(), destructor, exit() and
// removal in a crash do not wait for the program.
//
// Security: the descriptor has FD_CLOEXEC, so only the program that it is added
//   for gets it. It is open on the root, or on the temp dir itself if that was
//   direct, because only a directory carries that lock.
//   So it gives access to the temp dirs inside to a program that could not open
//   them by path, such as one of another user or in another root directory. Do
//   not pass it to a program that you do not trust with them.
// Lifetime: this object holds the lock until it is destroyed. Destroy it after
//   the program has been started. A forked child closes only its own copy.
//
// Movable, not copyable. Confined to one thread.
#ifndef TEMPDIR_PASSED_LOCK_H_
#define TEMPDIR_PASSED_LOCK_H_

#include <spawn.h>

#include <utility>

#include "absl/status/status.h"
#include "finalize/export.h"

namespace tempdir {

class [[nodiscard]] PassedLock {
 public:
  // For PassLock(): takes ownership of `fd`.
  explicit PassedLock(int fd) : fd_(fd) {}
  PassedLock(PassedLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  PassedLock& operator=(PassedLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  FINALIZE_EXPORT ~PassedLock();

  // Makes the program that is spawned with `actions` hold the lock by its
  // descriptor `number`. This object must live until the program has been
  // spawned. Returns InvalidArgument or ResourceExhausted if
  // posix_spawn_file_actions_adddup2(3) fails, and FailedPrecondition if this
  // object was moved from.
  FINALIZE_EXPORT absl::Status AddTo(posix_spawn_file_actions_t* actions,
                                     int number) const;

  // Returns the descriptor, or -1 if this object was moved from.
  int fd() const { return fd_; }

 private:
  int fd_;
};

}  // namespace tempdir

#endif  // TEMPDIR_PASSED_LOCK_H_
