// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/system/exit_patience.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>

#include "absl/time/clock.h"
#include "finalize/owner_process.h"
#include "finalize/process_end.h"

namespace tempdir_internal {
namespace {

constexpr absl::Duration kAltogether = absl::Seconds(2);

// The process that is ending; a child of it begins anew.
std::atomic<uint32_t> ending{0};
std::atomic<int64_t> left_nanos{0};

// A handler takes memory that is not freed before the end.
constexpr int kMaxHandlers = 64;
std::atomic<int> handlers{0};

// The last wait in vain of a process that was not known to be ending, and when
// it was over.
std::atomic<int64_t> last_wait{0};
std::atomic<int64_t> waited_until{0};

bool IsEnding() {
  return ending.load(std::memory_order_acquire) ==
         finalize::OwnerProcess().number();
}

// What was waited for last is a part of the patience if it was a static
// destructor that did: this is called right after it.
void BeginAtExit() {
  constexpr absl::Duration kRightAfter = absl::Milliseconds(100);
  if (IsEnding()) return;
  BeginExitPatience();
  const int64_t since = absl::GetCurrentTimeNanos() -
                        waited_until.load(std::memory_order_relaxed);
  if (since < absl::ToInt64Nanoseconds(kRightAfter)) {
    SpendExitPatience(
        absl::Nanoseconds(last_wait.load(std::memory_order_relaxed)));
  }
}

void AwaitExit(absl::Duration spent) {
  constexpr absl::Duration kHardly = absl::Milliseconds(100);
  if (spent < kHardly) return;
  last_wait.store(absl::ToInt64Nanoseconds(spent), std::memory_order_relaxed);
  waited_until.store(absl::GetCurrentTimeNanos(), std::memory_order_relaxed);
  if (handlers.fetch_add(1, std::memory_order_relaxed) < kMaxHandlers) {
    std::atexit(&BeginAtExit);
  } else {
    handlers.store(kMaxHandlers, std::memory_order_relaxed);
  }
}

}  // namespace

void BeginExitPatience() {
  if (IsEnding()) return;
  left_nanos.store(absl::ToInt64Nanoseconds(kAltogether),
                   std::memory_order_relaxed);
  ending.store(finalize::OwnerProcess().number(), std::memory_order_release);
}

absl::Duration ExitPatience(absl::Duration usual) {
  if (finalize::IsExitingThread()) BeginExitPatience();
  if (!IsEnding()) return usual;
  const int64_t left = left_nanos.load(std::memory_order_relaxed);
  return std::min(usual, absl::Nanoseconds(std::max<int64_t>(left, 0)));
}

void SpendExitPatience(absl::Duration spent) {
  if (!IsEnding()) return AwaitExit(spent);
  left_nanos.fetch_sub(absl::ToInt64Nanoseconds(spent),
                       std::memory_order_relaxed);
}

}  // namespace tempdir_internal
