// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/end/end_deadline.h"

#include <atomic>

#include "finalize/internal/base/clock.h"
#include "finalize/internal/base/exit_deadline.h"
#include "finalize/internal/node/fork_epoch.h"
#include "finalize/internal/system/deadline_override.h"

namespace finalize_internal {
namespace {

// When the first drain began and when the deadline passes, in nanoseconds of
// CLOCK_MONOTONIC, and in which epoch that holds: from the first drain on.
std::atomic<uint64_t> start_nanos{0};
std::atomic<uint64_t> deadline_nanos{0};
std::atomic<uint32_t> deadline_epoch{0};

}  // namespace

uint64_t StartEndDeadline(absl::Duration deadline) {
  const uint32_t epoch = CurrentEpoch();
  if (deadline_epoch.load(std::memory_order_relaxed) != epoch) {
    const uint64_t now = NowNanos();
    start_nanos.store(now, std::memory_order_relaxed);
    deadline_nanos.store(
        now + ToNanos(DeadlineFromEnvironment().value_or(deadline)),
        std::memory_order_relaxed);
    deadline_epoch.store(epoch, std::memory_order_release);
  }
  return deadline_nanos.load(std::memory_order_relaxed);
}

uint64_t EndStart() { return start_nanos.load(std::memory_order_relaxed); }

bool PastEndDeadline() {
  return deadline_epoch.load(std::memory_order_acquire) == CurrentEpoch() &&
         NowNanos() >= deadline_nanos.load(std::memory_order_relaxed);
}

absl::Duration EndTimeLeft() {
  if (deadline_epoch.load(std::memory_order_acquire) != CurrentEpoch()) {
    return DeadlineFromEnvironment().value_or(ExitDeadline());
  }
  const uint64_t end = deadline_nanos.load(std::memory_order_relaxed);
  const uint64_t now = NowNanos();
  return absl::Nanoseconds(now < end ? end - now : 0);
}

uint64_t ToNanos(absl::Duration duration) {
  return duration == absl::InfiniteDuration()
             ? UINT64_MAX
             : static_cast<uint64_t>(absl::ToInt64Nanoseconds(duration));
}

}  // namespace finalize_internal
