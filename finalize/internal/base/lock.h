// SPDX-License-Identifier: Apache-2.0

// Lock, and the fixed, process-wide table of all locks of the library.
//
// Every lock of the library is an element of one table, so that the fork hook
// can take them all, in index order, and none stays locked in a child (contract
// C21). No object of user code contains a lock.
//
// A lock guards lists and counts, for a few instructions. No callback, no
// constructor or destructor of user code, and no allocator runs under a lock.
// The only system calls under a lock are those that map more memory for nodes
// and cores.
#ifndef FINALIZE_INTERNAL_BASE_LOCK_H_
#define FINALIZE_INTERNAL_BASE_LOCK_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "finalize/export.h"
#include "finalize/internal/base/valgrind.h"

#if !defined(__x86_64__) && !defined(__aarch64__)
#include <pthread.h>
#endif

namespace finalize_internal {

// Returns a number that no two running threads share; never 0. It is read again
// on each call, because a fiber may have moved to another thread.
inline uintptr_t ThreadMark() {
  uintptr_t mark;
#if defined(__x86_64__)
  asm volatile("mov %%fs:0, %0" : "=r"(mark));
#elif defined(__aarch64__)
  asm volatile("mrs %0, tpidr_el0" : "=r"(mark));
#else
  mark = reinterpret_cast<uintptr_t>(pthread_self());
#endif
  return mark;
}

// A lock held for a few instructions. Waiters spin, then yield, then nap with
// growing pauses, so that a holder of lower priority gets to run.
//
// A lock knows its holder, because a signal handler that calls exit() may have
// interrupted the very thread that holds it (interrupted.h).
class ABSL_LOCKABLE Lock {
 public:
  constexpr Lock() = default;
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

  void Acquire() ABSL_EXCLUSIVE_LOCK_FUNCTION() {
    if (TryAcquire()) return;
    AcquireSlow();
    RecordAcquired(this);
  }
  bool TryAcquire() ABSL_EXCLUSIVE_TRYLOCK_FUNCTION(true) {
    uintptr_t none = 0;
    const bool acquired = holder_.compare_exchange_strong(
        none, ThreadMark(), std::memory_order_acquire,
        std::memory_order_relaxed);
    if (acquired) RecordAcquired(this);
    return acquired;
  }
  void Release() ABSL_UNLOCK_FUNCTION() {
    RecordRelease(this);
    holder_.store(0, std::memory_order_release);
  }
  // Returns whether this thread holds the lock.
  bool HeldHere() const {
    return holder_.load(std::memory_order_relaxed) == ThreadMark();
  }

 private:
  FINALIZE_INTERNAL_EXPORT void AcquireSlow() ABSL_EXCLUSIVE_LOCK_FUNCTION();

  std::atomic<uintptr_t> holder_{0};
};

class ABSL_SCOPED_LOCKABLE LockHolder {
 public:
  explicit LockHolder(Lock& lock) ABSL_EXCLUSIVE_LOCK_FUNCTION(lock)
      : lock_(lock) {
    lock_.Acquire();
  }
  ~LockHolder() ABSL_UNLOCK_FUNCTION() { lock_.Release(); }
  LockHolder(const LockHolder&) = delete;
  LockHolder& operator=(const LockHolder&) = delete;

 private:
  Lock& lock_;
};

// The table. The first kLanes locks guard lanes (lane.h) and the lifetimes
// whose finalizers are on them. Each other lock guards what its name says.
constexpr int kLanes = 64;
enum LockIndex : int {
  kCorePoolLock = kLanes,
  kSlabLock,
  kReporterLock,
  kExitLock,
  kObserverLock,
  kCopiesLock,
  kCreationLock,
  kInFlightLock,
  kFirstWeakLock,  // kWeakLocks of them guard weak containers (weak_table.h)
  kLastWeakLock = kFirstWeakLock + 63,
  kLockCount
};
constexpr int kWeakLocks = kLastWeakLock - kFirstWeakLock + 1;

Lock& LockAt(int index);

// Holds one or two locks of the table, taken in index order.
class LockPair {
 public:
  LockPair(int first, int second) ABSL_NO_THREAD_SAFETY_ANALYSIS;
  ~LockPair() ABSL_NO_THREAD_SAFETY_ANALYSIS;
  LockPair(const LockPair&) = delete;
  LockPair& operator=(const LockPair&) = delete;

 private:
  const int low_;
  const int high_;
};

// If not null, called by a thread before it waits for a lock. In the child of a
// fork that ran no fork hook, the thread that would release the lock may not
// exist.
extern std::atomic<void (*)()> before_lock_wait;

// Bit i is set if an interrupted thread holds the lock of lane i permanently; 0
// in any other process (interrupted.h).
extern std::atomic<uint64_t> lanes_passed_over;
inline uint64_t LanesPassedOver() {
  return lanes_passed_over.load(std::memory_order_relaxed);
}

// If not null, called by a thread that is about to wait for a lock that it
// holds itself: it runs a signal handler, and would wait forever.
extern std::atomic<void (*)()> before_vain_wait;

// Only for the fork hook.
void AcquireAllLocks() ABSL_NO_THREAD_SAFETY_ANALYSIS;
void ReleaseAllLocks() ABSL_NO_THREAD_SAFETY_ANALYSIS;

struct alignas(64) LockSlot {
  Lock lock;
};
extern LockSlot lock_table[kLockCount];

inline Lock& LockAt(int index) { return lock_table[index].lock; }

inline LockPair::LockPair(int first, int second)
    : low_(first < second ? first : second),
      high_(first < second ? second : first) {
  LockAt(low_).Acquire();
  if (high_ != low_) LockAt(high_).Acquire();
}

inline LockPair::~LockPair() {
  if (high_ != low_) LockAt(high_).Release();
  LockAt(low_).Release();
}

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_BASE_LOCK_H_
