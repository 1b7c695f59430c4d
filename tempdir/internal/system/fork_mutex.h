// SPDX-License-Identifier: Apache-2.0

// ForkMutex: a mutex that knows if a fork caught it held.
//
// A directory is removed under a mutex, which takes as long as it takes: a fork
// cannot wait for it. A child that adopts its parent's temp dirs
// (finalize/adopt_after_fork.h) would find the mutex held by a thread that does
// not exist there. It is told instead.
//
// Thread-safe.

#ifndef TEMPDIR_INTERNAL_SYSTEM_FORK_MUTEX_H_
#define TEMPDIR_INTERNAL_SYSTEM_FORK_MUTEX_H_

#include <atomic>
#include <cstdint>
#include <mutex>

#include "absl/base/thread_annotations.h"
#include "finalize/owner_process.h"

namespace tempdir_internal {

class ForkMutex {
 public:
  // Returns false if a thread of another process held the mutex or waited for
  // it at the fork: it will never be free here, and is not touched.
  bool Acquire() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    const uint64_t process = uint64_t{finalize::OwnerProcess().number()}
                             << kProcessShift;
    uint64_t users = users_.load(std::memory_order_relaxed);
    uint64_t next;
    do {
      const bool ours = (users & ~kCountMask) == process;
      if (!ours && (users & kCountMask) != 0) return false;
      next = ours ? users + 1 : process + 1;
    } while (
        !users_.compare_exchange_weak(users, next, std::memory_order_relaxed));
    mutex_.lock();
    return true;
  }
  void Release() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    mutex_.unlock();
    users_.fetch_sub(1, std::memory_order_relaxed);
  }

 private:
  static constexpr int kProcessShift = 32;
  static constexpr uint64_t kCountMask = 0xffffffff;

  std::mutex mutex_;
  // The process that used it last, and how many of its threads hold it or wait
  // for it. Says so before the mutex is taken, and until it is free again.
  std::atomic<uint64_t> users_{0};
};

// Holds the mutex during its lifetime, if it could be acquired.
class ForkMutexHolder {
 public:
  explicit ForkMutexHolder(ForkMutex& mutex)
      : mutex_(mutex), held_(mutex.Acquire()) {}
  ~ForkMutexHolder() {
    if (held_) mutex_.Release();
  }
  ForkMutexHolder(const ForkMutexHolder&) = delete;
  ForkMutexHolder& operator=(const ForkMutexHolder&) = delete;

  bool held() const { return held_; }

 private:
  ForkMutex& mutex_;
  const bool held_;
};

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_SYSTEM_FORK_MUTEX_H_
