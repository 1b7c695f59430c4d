// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/drain/in_flight_list.h"

#include "finalize/internal/base/drain_clock.h"
#include "finalize/internal/base/futex.h"
#include "finalize/internal/drain/adoption.h"
#include "finalize/internal/inspect/finalizer_ops.h"
#include "finalize/internal/life/interrupted.h"

namespace finalize_internal {

InFlightList::InFlightList() : epoch_(UseEpoch()) {}

bool InFlightList::IsOwn() const {
  return IsOwnEpoch(epoch_.load(std::memory_order_acquire));
}

void InFlightList::MakeOwn() {
  if (IsOwn()) return;
  const uint32_t epoch = UseEpoch();
  LockHolder lock(InFlightLock());
  if (IsOwn()) return;
  open_ = true;
  registered_ = false;
  waiters_ = 0;
  size_ = 0;
  oldest_ = newest_ = nullptr;
  finalizer_ = {};
  epoch_.store(epoch, std::memory_order_release);
}

void InFlightList::TakeFinalizer(const NodeRef& finalizer) {
  {
    LockHolder lock(InFlightLock());
    if (!registered_) {
      registered_ = true;
      finalizer_ = finalizer;
      return;
    }
  }
  Cancel(finalizer);
}

InFlightList::Entry InFlightList::Enter(InFlightEntry* entry) {
  LockHolder lock(InFlightLock());
  if (!open_ || RequestsPassedOver()) return Entry::kClosed;
  if (!registered_) return Entry::kUnregistered;
  entry->epoch = epoch_.load(std::memory_order_relaxed);
  entry->older = newest_;
  (newest_ != nullptr ? newest_->newer : oldest_) = entry;
  newest_ = entry;
  ++size_;
  return Entry::kDone;
}

void InFlightList::Leave(InFlightEntry* entry) {
  if (!IsOwn()) return;
  NodeRef unneeded;
  bool wake = false;
  {
    LockHolder lock(InFlightLock());
    if (RequestsPassedOver()) return;
    if (entry->epoch != epoch_.load(std::memory_order_relaxed)) return;
    InFlightEntry* const older = entry->older;
    InFlightEntry* const newer = entry->newer;
    (older != nullptr ? older->newer : oldest_) = newer;
    (newer != nullptr ? newer->older : newest_) = older;
    if (--size_ == 0) {
      wake = waiters_ > 0;
      if (wake) __atomic_fetch_add(&emptied_, 1, __ATOMIC_RELAXED);
      unneeded = UnneededFinalizer();
    }
  }
  if (wake) FutexWake(&emptied_);
  Cancel(unneeded);
}

void InFlightList::Close() {
  LockHolder lock(InFlightLock());
  open_ = false;
}

void InFlightList::Disown() {
  if (!IsOwn()) return;
  NodeRef unneeded;
  {
    LockHolder lock(InFlightLock());
    open_ = false;
    owned_ = false;
    unneeded = UnneededFinalizer();
  }
  Cancel(unneeded);
}

NodeRef InFlightList::UnneededFinalizer() {
  return owned_ || size_ != 0 || RequestsPassedOver() ? NodeRef() : finalizer_;
}

bool InFlightList::AwaitNone(uint64_t deadline) {
  if (!IsOwn()) return true;
  bool waits = false;
  for (;;) {
    uint32_t emptied = 0;
    const uint64_t now = DrainNanos();
    {
      LockHolder lock(InFlightLock());
      const bool passed_over = RequestsPassedOver();
      const bool done = size_ == 0 || now >= deadline || passed_over;
      if (done != !waits) waiters_ += done ? -1 : 1;
      waits = !done;
      if (done) return size_ == 0 && !passed_over;
      emptied = __atomic_load_n(&emptied_, __ATOMIC_RELAXED);
    }
    FutexSleep(&emptied_, emptied, NapUntil(deadline, now));
  }
}

bool InFlightList::open() const {
  if (!IsOwn()) return true;
  LockHolder lock(InFlightLock());
  return open_;
}

size_t InFlightList::size() const {
  if (!IsOwn()) return 0;
  LockHolder lock(InFlightLock());
  return size_;
}

size_t InFlightList::CopyOldest(
    std::vector<std::shared_ptr<const InFlightEntry>>* entries) const {
  if (!IsOwn()) return 0;
  LockHolder lock(InFlightLock());
  if (RequestsPassedOver()) return size_;
  for (InFlightEntry* entry = oldest_;
       entry != nullptr && entries->size() < entries->capacity();
       entry = entry->newer) {
    entries->push_back(entry->shared_from_this());
  }
  return size_;
}

}  // namespace finalize_internal
