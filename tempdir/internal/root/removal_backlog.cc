// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/root/removal_backlog.h"

#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <new>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "finalize/owner_process.h"
#include "tempdir/internal/system/background_thread.h"

namespace tempdir_internal {

class RemovalBacklog {
 public:
  explicit RemovalBacklog(RemovalBacklog* inherited_in)
      : inherited(inherited_in) {}

  // Keeps it within reach of leak checkers.
  RemovalBacklog* const inherited;

  // This process's, or one that it has adopted; null where it has none.
  static RemovalBacklog* Existing();
  // This process's, made if there is none; null for want of memory.
  static RemovalBacklog* Get();

  bool Takes();
  bool Add(std::shared_ptr<QueuedRemoval> removal);
  size_t Await(absl::Duration limit);
  uint64_t ended() const { return ended_.load(std::memory_order_acquire); }
  uint64_t given_up() const {
    return given_up_.load(std::memory_order_acquire);
  }
  // The thread's work; never returns.
  void Serve();

  void Lock() ABSL_NO_THREAD_SAFETY_ANALYSIS { mutex_.lock(); }
  void Unlock() ABSL_NO_THREAD_SAFETY_ANALYSIS { mutex_.unlock(); }

 private:
  // Takes over what is queued.
  void Adopt(RemovalBacklog* adopted);
  std::shared_ptr<QueuedRemoval> Take();
  void Append(std::shared_ptr<QueuedRemoval> removal);
  bool HasThread();

  const finalize::OwnerProcess owner_;
  std::mutex mutex_;
  std::condition_variable added_;
  std::condition_variable done_;
  // Guarded by mutex_.
  std::shared_ptr<QueuedRemoval> oldest_;
  QueuedRemoval* newest_ = nullptr;  // if there is an oldest
  size_t left_ = 0;                  // queued or being removed
  bool has_thread_ = false;

  std::atomic<uint64_t> ended_{0};
  std::atomic<uint64_t> given_up_{0};
};

namespace {

std::atomic<RemovalBacklog*> latest{nullptr};

// The process that takes no more.
std::atomic<uint32_t> ended{0};

uint32_t ThisProcess() { return finalize::OwnerProcess().number(); }

thread_local bool is_the_thread = false;

// As for the table of roots (process_root.cc).
thread_local RemovalBacklog* held_for_fork = nullptr;

void BeforeFork() {
  RemovalBacklog* const backlog = RemovalBacklog::Existing();
  if (backlog == nullptr || held_for_fork != nullptr) return;
  backlog->Lock();
  held_for_fork = backlog;
}

void AfterFork() {
  if (held_for_fork == nullptr) return;
  std::exchange(held_for_fork, nullptr)->Unlock();
}

void SetForkHooksUp() {
  static std::atomic<bool> done{false};
  if (done.load(std::memory_order_acquire)) return;
  pthread_atfork(&BeforeFork, &AfterFork, &AfterFork);
  done.store(true, std::memory_order_release);
}

void* Run(void* backlog) {
  prctl(PR_SET_NAME, "finalize-remove");
  // It does not push aside the caller that wakes it up.
  const sched_param none = {};
  sched_setscheduler(0, SCHED_BATCH, &none);
  is_the_thread = true;
  static_cast<RemovalBacklog*>(backlog)->Serve();
  return nullptr;
}

}  // namespace

RemovalBacklog* RemovalBacklog::Existing() {
  RemovalBacklog* const backlog = latest.load(std::memory_order_acquire);
  return backlog != nullptr && backlog->owner_.IsThis() ? backlog : nullptr;
}

// One that was adopted is not used on: the fork may have caught a thread that
// waited for its conditions.
RemovalBacklog* RemovalBacklog::Get() {
  RemovalBacklog* const existing = Existing();
  const finalize::OwnerProcess process;
  if (existing != nullptr && existing->owner_ == process) return existing;
  SetForkHooksUp();
  RemovalBacklog* before = latest.load(std::memory_order_acquire);
  if (before != nullptr && before->owner_ == process) return before;
  auto* const made = new (std::nothrow) RemovalBacklog(before);
  if (made == nullptr) return nullptr;
  if (latest.compare_exchange_strong(before, made, std::memory_order_acq_rel)) {
    if (existing != nullptr) made->Adopt(existing);
    return made;
  }
  delete made;
  return before;
}

void RemovalBacklog::Adopt(RemovalBacklog* adopted) {
  std::scoped_lock lock(adopted->mutex_, mutex_);
  while (adopted->oldest_ != nullptr) Append(adopted->Take());
}

std::shared_ptr<QueuedRemoval> RemovalBacklog::Take() {
  std::shared_ptr<QueuedRemoval> next = std::move(oldest_);
  oldest_ = std::move(next->next_);
  return next;
}

void RemovalBacklog::Append(std::shared_ptr<QueuedRemoval> removal) {
  QueuedRemoval* const added = removal.get();
  (oldest_ == nullptr ? oldest_ : newest_->next_) = std::move(removal);
  newest_ = added;
  ++left_;
}

bool RemovalBacklog::HasThread() {
  if (!has_thread_) has_thread_ = StartBackgroundThread(&Run, this);
  return has_thread_;
}

bool RemovalBacklog::Takes() {
  std::lock_guard<std::mutex> lock(mutex_);
  return left_ < kMaxQueued && HasThread();
}

bool RemovalBacklog::Add(std::shared_ptr<QueuedRemoval> removal) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (left_ >= kMaxQueued || !HasThread()) return false;
  Append(std::move(removal));
  added_.notify_one();
  return true;
}

void RemovalBacklog::Serve() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    while (oldest_ == nullptr) added_.wait(lock);
    std::shared_ptr<QueuedRemoval> next = Take();
    lock.unlock();
    if (!next->FinishRemoval())
      given_up_.fetch_add(1, std::memory_order_release);
    next.reset();
    lock.lock();
    --left_;
    ended_.fetch_add(1, std::memory_order_release);
    done_.notify_all();
  }
}

size_t RemovalBacklog::Await(absl::Duration limit) {
  std::unique_lock<std::mutex> lock(mutex_);
  const bool waits = !is_the_thread && (left_ == 0 || HasThread());
  if (!waits) return left_;
  const auto all_done = [this] { return left_ == 0; };
  if (limit == absl::InfiniteDuration()) {
    done_.wait(lock, all_done);
  } else {
    done_.wait_until(
        lock,
        std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(limit),
        all_done);
  }
  return left_;
}

bool AcceptsRemovals() {
  if (is_the_thread || ended.load(std::memory_order_acquire) == ThisProcess()) {
    return false;
  }
  if (!PrepareBackgroundThreads()) return false;
  RemovalBacklog* const backlog = RemovalBacklog::Get();
  return backlog != nullptr && backlog->Takes();
}

bool EnqueueRemoval(std::shared_ptr<QueuedRemoval> removal) {
  RemovalBacklog* const backlog = RemovalBacklog::Get();
  return backlog != nullptr && backlog->Add(std::move(removal));
}

size_t AwaitRemovals(absl::Duration limit) {
  if (RemovalBacklog::Existing() == nullptr) return 0;
  RemovalBacklog* const backlog = RemovalBacklog::Get();
  return backlog == nullptr ? 0 : backlog->Await(limit);
}

uint64_t FinishedRemovalCount() {
  RemovalBacklog* const backlog = RemovalBacklog::Existing();
  return backlog == nullptr ? 0 : backlog->ended();
}

uint64_t GivenUpRemovalCount() {
  RemovalBacklog* const backlog = RemovalBacklog::Existing();
  return backlog == nullptr ? 0 : backlog->given_up();
}

size_t EndRemovals(absl::Duration limit) {
  ended.store(ThisProcess(), std::memory_order_release);
  return AwaitRemovals(limit);
}

}  // namespace tempdir_internal
