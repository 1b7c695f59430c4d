// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/tree/late_work.h"

#include <sys/stat.h>

#include <algorithm>

namespace tempdir_internal {

LateWork::Timer::Timer(LateWork* work) : work_(work) {
  if (work_ == nullptr) return;
  proven_before_ = work_->proven_.load(std::memory_order_relaxed);
  const int64_t now = work_->calls_.now();
  RemovalQueue::Lock lock(work_->queue_);
  if (work_->timers_++ == 0) work_->since_ = now;
}

LateWork::Timer::~Timer() {
  if (work_ == nullptr) return;
  const int64_t now = work_->calls_.now();
  const bool proven =
      work_->proven_.load(std::memory_order_relaxed) != proven_before_;
  RemovalQueue::Lock lock(work_->queue_);
  if (--work_->timers_ > 0) return;
  const int64_t elapsed = now - work_->since_;
  const int64_t forgiven = proven ? work_->Forgivable(now, elapsed) : 0;
  work_->forgiven_ += forgiven;
  work_->spent_ += elapsed - forgiven;
}

int64_t LateWork::Forgivable(int64_t now, int64_t elapsed) const {
  const int64_t late = spent_ + forgiven_ + elapsed;
  const int64_t not_late = now - began_ - late;
  return std::clamp<int64_t>(not_late - forgiven_, 0, elapsed);
}

bool LateWork::HasTime() {
  const int64_t now = calls_.now();
  RemovalQueue::Lock lock(queue_);
  const int64_t running = timers_ > 0 ? now - since_ : 0;
  return spent_ + running < limit_;
}

void LateWork::Found(int fd) {
  struct stat status;
  if (born_by_.load(std::memory_order_relaxed) != 0) return;
  // It has just been changed, so this is the file system's present.
  if (calls_.examine(fd, "", &status) < 0) return;
  const int64_t present =
      status.st_ctim.tv_sec * int64_t{1000000000} + status.st_ctim.tv_nsec;
  RemovalQueue::Lock lock(queue_);
  if (born_by_.load(std::memory_order_relaxed) != 0) return;
  found_at_.store(calls_.now(), std::memory_order_relaxed);
  born_by_.store(present, std::memory_order_relaxed);
}

bool LateWork::IsNew(int fd) {
  const int64_t born_by = born_by_.load(std::memory_order_relaxed);
  Birth birth;
  return born_by != 0 && calls_.birth_of(fd, "", &birth) == 0 &&
         birth.time != 0 && birth.time > born_by;
}

bool LateWork::ProvesItself(int parent, const char* name, bool moved) {
  const int64_t born_by = born_by_.load(std::memory_order_relaxed);
  Birth birth;
  if (born_by == 0) return false;
  if (calls_.birth_of(parent, name, &birth) < 0) {
    struct stat status;
    if (calls_.examine(parent, name, &status) < 0) return false;
    birth = {status.st_ino, 0};
  }
  if (birth.time > born_by) return false;
  if (birth.time == 0) {
    const int64_t found_at = found_at_.load(std::memory_order_relaxed);
    if (!moved || calls_.now() - found_at >= limit_) return false;
  }
  RemovalQueue::Lock lock(queue_);
  if (!seen_.Add(birth.inode)) return false;
  proven_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

}  // namespace tempdir_internal
