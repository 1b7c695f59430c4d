// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/end/watchdog.h"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>

#include "finalize/crash.h"
#include "finalize/internal/base/clock.h"
#include "finalize/internal/base/futex.h"
#include "finalize/internal/copies/copies.h"
#include "finalize/internal/copies/end_guard.h"
#include "finalize/internal/crash/crash_callbacks.h"
#include "finalize/internal/end/terminate_end.h"
#include "finalize/internal/end/watchdog_report.h"
#include "finalize/internal/node/fork_epoch.h"
#include "finalize/internal/system/detached_thread.h"
#include "finalize/internal/system/signals_blocked.h"
#include "finalize/process_end.h"

namespace finalize_internal {
namespace {

using finalize::Cause;

constexpr uint64_t kMargin = 1000000000;
// How long std::terminate() may take to end the process.
constexpr long kTerminateTimeout = 500000000;
// How often it looks whether other copies of the library have drained.
constexpr uint64_t kLook = kMargin / 20;

// Grows when a watchdog is armed and when one is disarmed. The thread of the
// one whose turn it is waits on it.
std::atomic<uint32_t> turn{0};

uint32_t NextTurn() {
  const uint32_t next = turn.fetch_add(1, std::memory_order_acq_rel) + 1;
  FutexWake(reinterpret_cast<uint32_t*>(&turn));
  return next;
}

// The epochs in which they were done. Each is done once for the end of a
// process, by whichever watchdog reaches its time.
std::atomic<uint32_t> noticed{0};
std::atomic<uint32_t> released{0};
// Whether the reserve is at work, in this epoch.
std::atomic<uint32_t> releasing{0};

bool IsFirst(std::atomic<uint32_t>* done) {
  return done->exchange(CurrentEpoch(), std::memory_order_acq_rel) !=
         CurrentEpoch();
}

// std::terminate() keeps its message and its abort(), unless they hang as well.
[[noreturn]] void End(const Cause& cause) {
  if (cause.kind == Cause::Kind::kTerminate) {
    if (StartDetached([] { EndByTerminate(); })) {
      const timespec patience = {0, kTerminateTimeout};
      nanosleep(&patience, nullptr);
    }
  }
  _exit(finalize::kWatchdogExitCode);
}

// Has the reserve callbacks do, before the process ends, what the drain has not
// reached.
void ReleaseReserve(const EndTimes& times, const Cause& cause) {
  if (!HasReserveCallbacks() || !IsFirst(&released)) return;
  releasing.store(CurrentEpoch(), std::memory_order_release);
  WritePassedOver(cause);
  finalize::Crash end;
  end.deadline_nanos = times.deadline + kMargin / 2;
  RunReserveCallbacks(end);
  releasing.store(0, std::memory_order_release);
  FutexWake(reinterpret_cast<uint32_t*>(&releasing));
}

// A drain that ends meanwhile must not interrupt the reserve callbacks.
void AwaitReserve(const EndTimes& times) {
  const uint32_t epoch = CurrentEpoch();
  while (releasing.load(std::memory_order_acquire) == epoch) {
    const uint64_t now = NowNanos();
    if (now >= times.deadline + kMargin) return;
    FutexSleep(reinterpret_cast<uint32_t*>(&releasing), epoch,
               times.deadline + kMargin - now);
  }
}

// What the watchdog does next, and when.
void Watch(uint32_t own_turn, EndTimes times, Cause cause) {
  const uint64_t limit = times.deadline + kMargin;
  NoteWatchdog(true);
  while (turn.load(std::memory_order_acquire) == own_turn) {
    const uint64_t now = NowNanos();
    if (now >= limit && OtherCopiesUntil() <= now) {
      WriteEndReport(cause);
      End(cause);
    }
    if (now >= times.reserve) {
      times.reserve = UINT64_MAX;
      ReleaseReserve(times, cause);
    } else if (now >= times.notice) {
      times.notice = UINT64_MAX;
      if (IsFirst(&noticed)) WriteNotice(cause, times.start, limit);
    } else {
      const uint64_t next = std::min({times.notice, times.reserve, limit});
      if (now >= limit) ExtendGuard(now + kMargin);
      FutexSleep(reinterpret_cast<uint32_t*>(&turn), own_turn,
                 now < next ? next - now : kLook);
    }
  }
}

}  // namespace

Watchdog::Watchdog(const EndTimes& times, const Cause& cause) : times_(times) {
  const uint32_t own_turn = NextTurn();
  SignalsBlocked blocked;
  if (!StartDetached([=] { Watch(own_turn, times, cause); })) {
    WriteLine("finalize: cannot start the watchdog thread of the drain\n");
  }
}

Watchdog::~Watchdog() {
  NextTurn();
  AwaitReserve(times_);
  NoteWatchdog(false);
}

}  // namespace finalize_internal
