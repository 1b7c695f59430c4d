#include "finalize/internal/process_exit.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>

#include "absl/time/clock.h"
#include "finalize/exit_options.h"
#include "finalize/internal/clock.h"
#include "finalize/internal/core.h"
#include "finalize/internal/detached.h"
#include "finalize/internal/drain.h"
#include "finalize/internal/handle.h"
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

enum Hook : uint32_t { kIdle, kArming, kArmed, kDraining, kDrained };

// So many threads may call exit() at the same instant: each runs a hook, and
// adds one before it is parked.
constexpr int kHooks = 8;

constexpr uint64_t In(uint32_t epoch, Hook hook) {
  return (uint64_t{epoch} << 32) | hook;
}

std::atomic<uint64_t> state{0};
// The thread that drains or was the last to, as the address of its
// ThreadState. It is in exit() for good.
std::atomic<const void*> drainer{nullptr};
// When ExitOptions::deadline passes, in nanoseconds of CLOCK_MONOTONIC, and in
// which epoch that holds: from the first exit drain on.
std::atomic<uint64_t> deadline{0};
std::atomic<uint32_t> deadline_epoch{0};
// Whether the library itself is being unmapped: its hooks run, and must not.
std::atomic<bool> unloads{false};
// Whether an exit drain of this process failed. For the thread that drains.
std::atomic<bool> failed{false};

void RunHook();

bool AddHook() { return std::atexit(&RunHook) == 0; }

bool AddHooks() {
  for (int i = 0; i < kHooks; ++i) {
    if (!AddHook()) return false;
  }
  return true;
}

// One deadline for all exit drains of the process.
uint64_t ExitDeadline(const ExitOptions& options) {
  const uint32_t epoch = CurrentEpoch();
  if (deadline_epoch.load(std::memory_order_relaxed) != epoch) {
    deadline.store(NowNanos() + static_cast<uint64_t>(
                                    absl::ToInt64Nanoseconds(options.deadline)),
                   std::memory_order_relaxed);
    deadline_epoch.store(epoch, std::memory_order_release);
  }
  return deadline.load(std::memory_order_relaxed);
}

bool PastDeadline() {
  return deadline_epoch.load(std::memory_order_acquire) == CurrentEpoch() &&
         NowNanos() >= deadline.load(std::memory_order_relaxed);
}

// Blocks a thread that called exit() after another one. The process ends under
// it.
[[noreturn]] void Park() {
  AddHook();  // for the next thread that calls exit()
  LeaveCallbacks();
  for (;;) pause();
}

// Reports what is still pending and destroys it, unrun. What is on a lifetime
// stays, and runs when that ends; it is reported where `staying` says so.
void LeaveTheRest(bool staying) {
  for (const NodeRef& ref : PendingOf(ProcessCore())) {
    const uint64_t word = ref.node->Word();
    const bool stays = (word & kLifetimeFlag) != 0;
    const bool skipped = !AtExitFlag(ref);
    ReportEntry entry;
    bool tried = false;
    if ((stays && (skipped || !staying)) ||
        !DescribePending(ref, finalize::Cause::kExit, &entry, &tried)) {
      continue;
    }
    entry.outcome = skipped ? ReportEntry::kSkipped : ReportEntry::kLeft;
    if (!skipped && !tried) {
      entry.status = absl::DeadlineExceededError("not reached");
    }
    Node* const node = stays ? nullptr : Claim(ref, kDetached);
    if (stays || node != nullptr) ReportFailure(entry);
    if (node != nullptr) DropDetached(node);
  }
}

void DrainOnce(const ExitOptions& options, Waiting waiting) {
  const uint32_t epoch = CurrentEpoch();
  const uint64_t limit = ExitDeadline(options);
  DrainOptions drain;
  drain.cause = finalize::Cause::kExit;
  drain.threads = options.threads;
  drain.max_entries = SIZE_MAX;
  const int64_t left = static_cast<int64_t>(limit - NowNanos());
  drain.deadline = absl::Now() + absl::Nanoseconds(left);
  Watchdog watchdog(std::max(limit, NowNanos()));
  Report report = DrainCore(ProcessCore(), drain, waiting);
  if (epoch != CurrentEpoch()) return;  // a child came out of a callback
  if (!report.status().ok()) failed.store(true, std::memory_order_relaxed);
  // What the failure reporter and destructors register from here on is for the
  // next drain.
  DrainContext context{&report,       &drain, limit,
                       ProcessCore(), epoch,  [](DrainContext*) {}};
  ContextScope scope(&context);
  for (const ReportEntry& entry : report.entries) {
    if (entry.outcome == ReportEntry::kRunning) ReportFailure(entry);
  }
  LeaveTheRest(/*staying=*/true);
}

enum class Turn { kNothing, kBegins, kGoesOn };

// Makes this thread the one that drains. Does not return where another thread
// drains, or goes on to end the process.
Turn Begin() {
  if (unloads.load(std::memory_order_acquire)) return Turn::kNothing;
  const uint32_t epoch = CurrentEpoch();
  uint64_t now = state.load(std::memory_order_acquire);
  do {
    const bool draining = now == In(epoch, kDraining);
    if (draining || now == In(epoch, kDrained)) {
      if (drainer.load(std::memory_order_acquire) != &this_thread) Park();
      // Draining: a callback called exit().
      return draining ? Turn::kGoesOn : Turn::kNothing;
    }
  } while (!state.compare_exchange_weak(now, In(epoch, kDraining),
                                        std::memory_order_acq_rel));
  drainer.store(&this_thread, std::memory_order_release);
  if (now >> 32 != epoch) failed.store(false, std::memory_order_relaxed);
  EnsureCurrent(ProcessCore());
  BeginDrain(ProcessCore());  // closed, once it is, until End
  return Turn::kBegins;
}

bool HasWork(Core* core) {
  bool found = false;
  VisitLanes(core, [&](Lane& lane, int) {
    found |= lane.pending != 0 || lane.running != nullptr;
  });
  return found;
}

// Whether something is pending that the exit drain would have run.
bool HasNewcomers(Core* core) {
  // What this does not see of a lane in use comes after it, and sees kDrained.
  core->used_lanes.fetch_or(0, std::memory_order_acq_rel);
  bool found = false;
  VisitLanes(core, [&](Lane& lane, int) {
    for (PhaseList* list = lane.top; list != nullptr; list = list->lower) {
      for (Node* n = list->newest; n != nullptr && !found; n = n->older) {
        found = (n->Word() & kAtExitFlag) != 0;
      }
    }
  });
  return found;
}

// What other threads registered after the drain's last look and before kDrained
// relies on this; what comes later, on the registering thread.
void End() {
  state.store(In(CurrentEpoch(), kDrained), std::memory_order_release);
  EndDrain(ProcessCore());
  if (HasNewcomers(ProcessCore()) && !ArmExitHook()) {
    LeaveTheRest(/*staying=*/false);
  }
}

void RunHook() {
  const bool nested = this_thread.frames != nullptr;
  const Turn turn = Begin();
  if (turn == Turn::kNothing) return;
  AddHook();  // for a callback, or another thread, that calls exit()
  if (LeaveCallbacks()) failed.store(true, std::memory_order_relaxed);
  const uint32_t epoch = CurrentEpoch();
  const ExitOptions options = finalize::GetExitOptions();
  if (HasWork(ProcessCore())) {
    DrainOnce(options, nested ? Waiting::kNever : Waiting::kAlways);
  }
  // In a child that came out of a callback exit() goes on with the next hook.
  if (epoch != CurrentEpoch()) return;
  End();
  if (failed.exchange(false) && options.failure_exit_code != 0) {
    // glibc goes on with the remaining exit handlers, under the new status.
    std::exit(options.failure_exit_code);
  }
}

// Adds hooks, if no other thread does and nothing has changed since `now`.
bool Arm(uint32_t epoch, uint64_t now) {
  if (!state.compare_exchange_strong(now, In(epoch, kArming),
                                     std::memory_order_acq_rel)) {
    return true;
  }
  const bool added = AddHooks();
  // An older hook may have begun a drain meanwhile.
  uint64_t arming = In(epoch, kArming);
  state.compare_exchange_strong(arming, In(epoch, added ? kArmed : kDrained),
                                std::memory_order_acq_rel);
  return added;
}

bool ArmSlow(uint32_t epoch) {
  for (;;) {
    if (unloads.load(std::memory_order_acquire)) return false;
    const uint64_t now = state.load(std::memory_order_acquire);
    if (now == In(epoch, kArmed)) return true;
    if (now == In(epoch, kDraining)) return !PastDeadline();
    if (now == In(epoch, kArming)) {
      sched_yield();
      continue;
    }
    if (now == In(epoch, kDrained) && PastDeadline()) return false;
    if (!Arm(epoch, now)) return false;
  }
}

}  // namespace

bool ArmExitHook() {
  const uint32_t epoch = CurrentEpoch();
  return state.load(std::memory_order_acquire) == In(epoch, kArmed) ||
         ArmSlow(epoch);
}

bool InExit() {
  const uint64_t now = state.load(std::memory_order_acquire);
  const uint32_t hook = static_cast<uint32_t>(now);
  return now != 0 && now >> 32 == CurrentEpoch() &&
         (hook == kDraining || hook == kDrained) &&
         drainer.load(std::memory_order_acquire) == &this_thread;
}

bool AwaitsExit() {
  return state.load(std::memory_order_acquire) != 0 && !InExit();
}

void RetireExitHooks() {
  unloads.store(true, std::memory_order_release);
  state.store(In(CurrentEpoch(), kIdle), std::memory_order_release);
}

}  // namespace finalize_internal
