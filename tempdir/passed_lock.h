// PassedLock: keeps a temp dir from reapers as long as a program is using it
// that its owner executes.
//
//   auto lock = dir.PassLock();
//   if (!lock.ok()) return lock.status();
//   posix_spawn_file_actions_t actions;
//   posix_spawn_file_actions_init(&actions);
//   absl::Status added = lock->AddTo(&actions, 3);
//   if (!added.ok()) return added;
//   posix_spawn(&pid, "/usr/bin/sort", &actions, nullptr, argv, environ);
//
// A reaper takes a directory whose owner died and whose lock nobody holds
// (reap.h). exec() closes the owner's lock, so a program that outlives its
// owner may lose the directory under its feet. With a passed lock it does not:
// the directory stays until both have ended, in whatever order.
//
// The program holds a lock on an open file description of its own. If it
// unlocks that, closes it or ends, the owner's lock is unaffected; if it forks,
// its children hold the passed lock with it. It needs to do nothing, and may
// ignore the descriptor.
//
// The owner still removes its temp dir: Remove(), the destructor, exit() and
// the removal in a crash do not wait for the program.
//
// The descriptor has FD_CLOEXEC: only the program that it is added for gets it.
// The descriptor is open on the root, or on the temp dir itself if that was
// made Directly(): only a directory carries that lock. So it is a way into the
// temp dirs in there for a program that could not open them by their path, such
// as one of another user or in another root directory. Do not pass it to a
// program that is not trusted with them.
//
// Lifetime: close this object, by its destructor, once the program has been
// started; it holds the lock until then. A forked child closes its own copy.
//
// Movable, not copyable. Confined to one thread.

#ifndef TEMPDIR_PASSED_LOCK_H_
#define TEMPDIR_PASSED_LOCK_H_

#include <spawn.h>

#include <utility>

#include "absl/status/status.h"

namespace tempdir {

class [[nodiscard]] PassedLock {
 public:
  // For PassLock(): takes `fd`.
  explicit PassedLock(int fd) : fd_(fd) {}
  PassedLock(PassedLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  PassedLock& operator=(PassedLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~PassedLock();

  // Has the program that is spawned with `actions` hold the lock by its
  // descriptor `number`. This object must live until then. InvalidArgument or
  // ResourceExhausted as posix_spawn_file_actions_adddup2(3) says;
  // FailedPrecondition if this was moved from.
  absl::Status AddTo(posix_spawn_file_actions_t* actions, int number) const;

  // -1 if this was moved from.
  int fd() const { return fd_; }

 private:
  int fd_;
};

}  // namespace tempdir

#endif  // TEMPDIR_PASSED_LOCK_H_
