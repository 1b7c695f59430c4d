// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/weak/creation.h"

#include <atomic>
#include <cstdint>
#include <utility>

#include "absl/base/attributes.h"
#include "absl/status/status.h"
#include "finalize/cause.h"
#include "finalize/internal/base/check.h"
#include "finalize/internal/base/futex.h"
#include "finalize/internal/base/ignoring_bad_alloc.h"
#include "finalize/internal/base/lock.h"
#include "finalize/internal/life/report_failure.h"
#include "finalize/internal/node/fork_epoch.h"
#include "finalize/report.h"

namespace finalize_internal {
namespace {

// The list of the process, and how many creations have been put on it. Atomic
// because CheckNoneRuns reads it without the lock; only holders of the lock
// change it.
ABSL_CONST_INIT std::atomic<Creation*> newest{nullptr};
ABSL_CONST_INIT uint64_t begun = 0;

Lock& ListLock() { return LockAt(kCreationLock); }

}  // namespace

// Each creation records what its thread waits for, because other threads can
// wait only for creations.
bool Creation::Await() {
  const uintptr_t self = ThreadMark();
  const uint32_t epoch = CurrentEpoch();
  const auto awaited_by = [epoch](uintptr_t thread) -> const Creation* {
    for (Creation* each = newest; each != nullptr; each = each->older_) {
      if (each->thread_ == thread && each->epoch_ == epoch) {
        return each->awaited_;
      }
    }
    return nullptr;
  };
  const auto note = [self, epoch](const Creation* awaited) {
    for (Creation* each = newest; each != nullptr; each = each->older_) {
      if (each->thread_ == self && each->epoch_ == epoch) {
        each->awaited_ = awaited;
      }
    }
  };
  {
    LockHolder lock(ListLock());
    // A creation that is over does not count, even if its waiting thread still
    // sleeps.
    for (const Creation* each = this; each != nullptr && each->running_;
         each = awaited_by(each->thread_)) {
      if (each->thread_ == self) return false;
    }
    note(this);
  }
  while (!over() && CurrentEpoch() == epoch_) {
    FutexSleep(&over_, 0, UINT64_MAX);
  }
  LockHolder lock(ListLock());
  note(nullptr);
  return true;
}

void Creation::End() noexcept {
  {
    LockHolder lock(ListLock());
    if (older_ != nullptr) older_->from_ = from_;
    if (from_ != nullptr) {
      *from_ = older_;
    } else {
      newest.store(older_, std::memory_order_relaxed);
    }
    running_ = false;
    __atomic_store_n(&over_, 1, __ATOMIC_RELEASE);
  }
  FutexWake(&over_);
}

void Creations::CheckNoneRuns() const {
  if (newest.load(std::memory_order_relaxed) == nullptr) return;
  const uint32_t epoch = CurrentEpoch();
  bool runs = false;
  {
    LockHolder lock(ListLock());
    for (Creation* each = newest; each != nullptr; each = each->older_) {
      runs = runs || (each->map_ == this && each->epoch_ == epoch);
    }
  }
  Check(!runs,
        "a WeakValueMap was destroyed, moved or assigned to while a factory "
        "of its GetOrCreate ran");
}

CreationSection::CreationSection() : epoch_(CurrentEpoch()) {
  ListLock().Acquire();
}

CreationSection::~CreationSection() {
  if (locked_) ListLock().Release();
}

Creation* CreationSection::Newest(const Creations* map, uint64_t hash) {
  map_ = map;
  hash_ = hash;
  begun_ = begun;
  return FirstMatch(newest);
}

Creation* CreationSection::After(Creation* creation) {
  if (creation->running_ && begun_ == begun) {
    return FirstMatch(creation->older_);
  }
  return Newest(map_, hash_);
}

Creation* CreationSection::FirstMatch(Creation* creation) const {
  while (creation != nullptr &&
         (creation->map_ != map_ || creation->hash_ != hash_ ||
          creation->epoch_ != epoch_)) {
    creation = creation->older_;
  }
  return creation;
}

void CreationSection::Pin(Creation* creation) {
  std::shared_ptr<Creation> pin = creation->shared_from_this();
  ListLock().Release();
  locked_ = false;
  pinned_ = std::move(pin);
}

void CreationSection::Relock() {
  ListLock().Acquire();
  locked_ = true;
}

void CreationSection::Link(Creation* fresh, const Creations* map,
                           uint64_t hash) {
  fresh->map_ = map;
  fresh->hash_ = hash;
  fresh->epoch_ = epoch_;
  fresh->thread_ = ThreadMark();
  fresh->running_ = true;
  fresh->older_ = newest;
  if (fresh->older_ != nullptr) fresh->older_->from_ = &fresh->older_;
  newest.store(fresh, std::memory_order_relaxed);
  ++begun;
}

void ReportSelfWait(finalize::Place place) noexcept {
  finalize::ReportEntry entry;
  IgnoringBadAlloc([&] { entry.name = "GetOrCreate"; });
  entry.place = place;
  entry.cause = finalize::Cause::Kind::kCall;
  entry.outcome = finalize::ReportEntry::Outcome::kRefused;
  entry.status = StatusOrBareCode(absl::StatusCode::kFailedPrecondition, [] {
    return "the value is being created by a factory that would wait for this "
           "call";
  });
  ReportFailure(entry);
}

}  // namespace finalize_internal
