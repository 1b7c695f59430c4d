#include "finalize/internal/process_exit.h"

#include <unistd.h>

#include <atomic>
#include <cstdlib>

#include "absl/time/clock.h"
#include "finalize/exit_options.h"
#include "finalize/internal/clock.h"
#include "finalize/internal/core.h"
#include "finalize/internal/drain.h"
#include "finalize/internal/group.h"
#include "finalize/internal/inspect.h"
#include "finalize/internal/report_failure.h"
#include "finalize/internal/run.h"
#include "finalize/internal/thread_state.h"
#include "finalize/internal/watchdog.h"

namespace finalize_internal {
namespace {

using finalize::DrainOptions;
using finalize::ExitOptions;
using finalize::Report;
using finalize::ReportEntry;

enum Hook : uint32_t { kIdle, kArmed, kDraining, kDrained };

std::atomic<uint32_t> hook{kIdle};
// The thread that drains, as the address of its ThreadState.
std::atomic<const void*> drainer{nullptr};
// The epoch in which `drainer` began: a child of a fork is not bound by it.
std::atomic<uint32_t> drain_epoch{0};
// When ExitOptions::deadline passes, in nanoseconds of CLOCK_MONOTONIC; 0
// before the first exit drain.
std::atomic<uint64_t> deadline{0};
std::atomic<bool> failed{false};

void RunHook();

bool AddHook() { return std::atexit(&RunHook) == 0; }

// One deadline for all exit drains of the process.
uint64_t ExitDeadline(const ExitOptions& options) {
  uint64_t expected = 0;
  const uint64_t first =
      NowNanos() +
      static_cast<uint64_t>(absl::ToInt64Nanoseconds(options.deadline));
  return deadline.compare_exchange_strong(expected, first,
                                          std::memory_order_acq_rel)
             ? first
             : expected;
}

// Blocks a thread that called exit() while another one drains. The process
// ends under it.
[[noreturn]] void Park() {
  AddHook();  // for the next thread that calls exit()
  for (;;) pause();
}

void DrainOnce(const ExitOptions& options) {
  const uint64_t limit = ExitDeadline(options);
  DrainOptions drain;
  drain.cause = finalize::Cause::kExit;
  drain.threads = options.threads;
  const int64_t left = static_cast<int64_t>(limit - NowNanos());
  drain.deadline = absl::Now() + absl::Nanoseconds(left);
  Watchdog watchdog(limit);
  Report report = DrainCore(ProcessCore(), drain, /*always_wait=*/false);
  for (const ReportEntry& entry : report.entries) {
    if (entry.outcome == ReportEntry::kLeft ||
        entry.outcome == ReportEntry::kRunning) {
      ReportFailure(entry);
    }
  }
  DestroyPending(ProcessCore(), Doomed::kWithoutLifetime);
  if (!report.status().ok()) failed.store(true, std::memory_order_relaxed);
}

// Whether the drain under way was begun by this process, not by a parent.
bool DrainIsOurs() {
  return drain_epoch.load(std::memory_order_acquire) == CurrentEpoch();
}

// Makes this thread the one that drains. Returns false where there is nothing
// new to drain; does not return where another thread drains.
bool Begin() {
  for (;;) {
    uint32_t state = hook.load(std::memory_order_acquire);
    if (state == kDraining && DrainIsOurs()) {
      if (drainer.load(std::memory_order_acquire) != &this_thread) Park();
      return true;  // a callback called exit()
    }
    if (state == kDrained) return false;
    if (hook.compare_exchange_strong(state, kDraining,
                                     std::memory_order_acq_rel)) {
      break;
    }
  }
  if (!DrainIsOurs()) deadline.store(0, std::memory_order_relaxed);
  drainer.store(&this_thread, std::memory_order_release);
  drain_epoch.store(CurrentEpoch(), std::memory_order_release);
  return true;
}

void RunHook() {
  if (!Begin()) return;
  const ExitOptions options = finalize::GetExitOptions();
  AddHook();  // for a callback, or another thread, that calls exit()
  if (CountPending(ProcessCore()) != 0) DrainOnce(options);
  drainer.store(nullptr, std::memory_order_release);
  hook.store(kDrained, std::memory_order_release);
  if (failed.exchange(false) && options.failure_exit_code != 0) {
    // glibc goes on with the remaining exit handlers, under the new status.
    std::exit(options.failure_exit_code);
  }
}

bool ArmSlow() {
  for (;;) {
    uint32_t state = hook.load(std::memory_order_acquire);
    if (state == kArmed || state == kDraining) return true;
    // Two: where two threads call exit() at once, each runs one.
    if (!AddHook() || !AddHook()) return false;
    if (hook.compare_exchange_strong(state, kArmed,
                                     std::memory_order_acq_rel)) {
      return true;
    }
  }
}

}  // namespace

bool ArmExitHook() {
  const uint32_t state = hook.load(std::memory_order_acquire);
  return state == kArmed || state == kDraining || ArmSlow();
}

}  // namespace finalize_internal
