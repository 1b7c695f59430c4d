#include "finalize/internal/end/process_drain.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <unordered_set>

#include "finalize/exit_options.h"
#include "finalize/internal/base/clock.h"
#include "finalize/internal/base/exit_deadline.h"
#include "finalize/internal/base/ignoring_bad_alloc.h"
#include "finalize/internal/copies/copies.h"
#include "finalize/internal/copies/end_guard.h"
#include "finalize/internal/drain/drain.h"
#include "finalize/internal/drain/drain_context.h"
#include "finalize/internal/end/end_state.h"
#include "finalize/internal/end/exit_handlers.h"
#include "finalize/internal/end/signal_end.h"
#include "finalize/internal/end/terminate_hook.h"
#include "finalize/internal/end/watchdog.h"
#include "finalize/internal/inspect/finalizer_ops.h"
#include "finalize/internal/inspect/pending_walk.h"
#include "finalize/internal/inspect/snapshot.h"
#include "finalize/internal/life/claim.h"
#include "finalize/internal/life/detached.h"
#include "finalize/internal/life/end_door.h"
#include "finalize/internal/life/interrupted.h"
#include "finalize/internal/life/report_failure.h"
#include "finalize/internal/life/run.h"
#include "finalize/internal/node/core.h"
#include "finalize/internal/node/frames.h"
#include "finalize/internal/node/process_core.h"
#include "finalize/internal/node/slab.h"
#include "finalize/internal/node/thread_state.h"
#include "finalize/internal/signals/end_failure.h"
#include "finalize/internal/system/deadline_override.h"

namespace finalize_internal {
namespace {

using finalize::Cause;
using finalize::DrainOptions;
using finalize::Report;
using finalize::ReportEntry;

// When the first drain began and when the deadline passes, in nanoseconds of
// CLOCK_MONOTONIC, and in which epoch that holds: from the first drain on.
std::atomic<uint64_t> start_nanos{0};
std::atomic<uint64_t> deadline_nanos{0};
std::atomic<uint32_t> deadline_epoch{0};

uint64_t Nanos(absl::Duration duration) {
  return duration == absl::InfiniteDuration()
             ? UINT64_MAX
             : static_cast<uint64_t>(absl::ToInt64Nanoseconds(duration));
}

// One deadline for all drains at the end of the process. Takes no lock.
uint64_t EndDeadline(absl::Duration deadline) {
  const uint32_t epoch = CurrentEpoch();
  if (deadline_epoch.load(std::memory_order_relaxed) != epoch) {
    const uint64_t now = NowNanos();
    start_nanos.store(now, std::memory_order_relaxed);
    deadline_nanos.store(
        now + Nanos(DeadlineFromEnvironment().value_or(deadline)),
        std::memory_order_relaxed);
    deadline_epoch.store(epoch, std::memory_order_release);
  }
  return deadline_nanos.load(std::memory_order_relaxed);
}

// The times of the watchdog of a drain with this deadline.
EndTimes TimesOf(uint64_t deadline, const finalize::ExitOptions& options) {
  const uint64_t start = start_nanos.load(std::memory_order_relaxed);
  const auto share = static_cast<uint64_t>(
      static_cast<double>(deadline - start) * options.temp_dir_share);
  const uint64_t notice = Nanos(options.notice);
  return {start, notice < deadline - start ? start + notice : UINT64_MAX,
          share > 0 ? deadline - share : UINT64_MAX,
          std::max(deadline, NowNanos())};
}

using Numbers = std::unordered_set<uint64_t>;

// Those that the drain has reported as failed and left, as far as memory goes.
Numbers FailedAndLeft(const Report& report) {
  Numbers failed;
  IgnoringBadAlloc([&] {
    for (const ReportEntry& entry : report.entries) {
      if (entry.outcome == ReportEntry::Outcome::kPendingAgain)
        failed.insert(entry.number);
    }
  });
  return failed;
}

// Reports what is still pending, unless it is in `failed`, and destroys it,
// unrun. What is on a lifetime stays, and runs when that ends; it is reported
// where `staying` says so.
void ReportUnreached(const Cause& cause, bool staying,
                     const Numbers& failed = {}) {
  PendingWalk walk(ProcessCore());
  for (NodeRef ref; walk.Next(&ref);) {
    const uint64_t word = ref.node->Word();
    const bool stays = (word & kLifetimeFlag) != 0;
    const bool skipped = !AtExitFlag(ref);
    ReportEntry entry;
    bool tried = false;
    if ((stays && (skipped || !staying)) ||
        !DescribePending(ref, cause, &entry, &tried)) {
      continue;
    }
    entry.outcome = skipped ? ReportEntry::Outcome::kSkipped
                            : ReportEntry::Outcome::kUnreached;
    if (!skipped && !tried) {
      entry.status = StatusOrBareCode(absl::StatusCode::kDeadlineExceeded,
                                      [] { return "not reached"; });
    }
    Node* const node = stays ? nullptr : ClaimToDetach(ref);
    const bool told = tried && failed.count(entry.number) != 0;
    if (!told && (stays || node != nullptr)) ReportFailure(entry);
    if (node != nullptr) DropDetached(node);
  }
}

// Reports what the drain left in child registries. It stays there.
void ReportChildren(const Report& report) {
  std::unordered_set<uint64_t> own;
  for (const NodeRef& ref : PendingOf(ProcessCore())) {
    own.insert(NodeNumber(ref.node));
  }
  for (const ReportEntry& entry : report.entries) {
    const bool left = entry.outcome == ReportEntry::Outcome::kUnreached ||
                      entry.outcome == ReportEntry::Outcome::kSkipped;
    if (left && own.count(entry.number) == 0) ReportFailure(entry);
  }
}

void DrainOnce(const Cause& cause, absl::Duration deadline, Waiting waiting) {
  const uint32_t epoch = CurrentEpoch();
  const uint64_t limit = EndDeadline(deadline);
  NoteDrain(limit);
  DrainOptions drain;
  drain.cause = cause;
  const finalize::ExitOptions exit_options = finalize::GetExitOptions();
  drain.threads = exit_options.threads;
  drain.phase_limit = exit_options.phase_limit;
  drain.max_entries = SIZE_MAX;
  Watchdog watchdog(TimesOf(limit, exit_options), cause);
  Report report = DrainCore(ProcessCore(), drain, waiting, limit);
  if (epoch != CurrentEpoch()) return;  // a child came out of a callback
  if (!report.status().ok()) NoteEndFailure();
  // What the failure reporter and destructors register from here on is for the
  // next drain.
  DrainScope scope(ProcessCore(), cause, WhenAbandoned::kNothing);
  for (const ReportEntry& entry : report.entries) {
    // A callback that failed has told the reporter itself.
    const bool late =
        entry.outcome == ReportEntry::Outcome::kRan && !entry.status.ok();
    if (late || entry.outcome == ReportEntry::Outcome::kRunning)
      ReportFailure(entry);
  }
  if (ReportPassedOver(cause)) NoteEndFailure();
  IgnoringBadAlloc([&] { ReportChildren(report); });
  ReportUnreached(cause, /*staying=*/true, FailedAndLeft(report));
}

bool HasWork(Core* core) {
  bool found = false;
  VisitLanes(core, [&](Lane& lane, int) {
    found |= lane.pending != 0 || lane.running != nullptr;
  });
  return found || LanesPassedOver() != 0;
}

// Whether something is pending that the drain would have run.
bool HasNewcomers(Core* core) {
  // What this does not see of a lane in use comes after it, and sees the drain
  // over.
  core->used_lanes.fetch_or(0, std::memory_order_acq_rel);
  bool found = false;
  VisitLanes(core, [&](Lane& lane, int) {
    for (PhaseList* list = lane.Top(); list != nullptr; list = list->lower) {
      for (Node* n = list->newest; n != nullptr && !found; n = n->older) {
        found = (n->Word() & kAtExitFlag) != 0;
      }
    }
  });
  return found;
}

// Opens the registry: exit handlers are still to come, and a hook behind them.
// What other threads registered after the drain's last look, and before it was
// over, relies on this; what comes later, on the registering thread.
void Reopen() {
  EndDrain(ProcessCore());
  if (HasNewcomers(ProcessCore()) && ArmExitHook() != Refusal::kNone) {
    ReportUnreached(Cause::Kind::kExit, /*staying=*/false);
  }
}

// Ends the process where it comes to a higher end than this thread asked for.
void EndAs(const Cause& end, const Cause& cause) {
  if (end.kind == cause.kind) return;
  if (end.kind == Cause::Kind::kSignal) EndAfterDrain(end.signal);
  if (end.kind == Cause::Kind::kTerminate) EndByTerminate();
}

// How much later than the deadline the guard acts, and how long after the drain
// at least, where the process does not end by exit().
constexpr uint64_t kMargin = 1000000000;
constexpr uint64_t kTimeToDie = 3000000000;

void Guard(const Cause& cause, absl::Duration deadline) {
  const uint64_t limit = EndDeadline(deadline) + kMargin;
  ArmGuard(std::max(limit, NowNanos() + kMargin), cause);
}

// Before anything that may wait: this thread may be in a signal handler.
void GuardDrain(const Cause& cause, absl::Duration deadline) {
  Guard(cause, deadline);
  if (!PassOverHeldLocks()) return;
  GuardWholeEnd("exit() in a signal handler, which interrupted the library");
  NoteEndFailure();
}

// This thread waits for a lock that it holds: in a signal handler.
void EndAfterVainWait() {
  Guard(Cause::Kind::kExit, ExitDeadline());
  GuardWholeEnd("a signal handler interrupted the library, and waits for it");
}

// The drain is over, and this thread ends the process.
void GuardTheRest(const Cause& end) {
  const bool exits =
      end.kind == Cause::Kind::kExit || end.kind == Cause::Kind::kQuickExit;
  GuardBehindDrain(exits ? 0 : NowNanos() + kTimeToDie);
  if (exits && finalize::GetExitOptions().watch_whole_end)
    GuardWholeEnd(nullptr);
}

// The longest deadline of all copies of the library holds for each.
absl::Duration LongestDeadline(const Cause& cause, absl::Duration own) {
  return cause.kind == Cause::Kind::kSignal
             ? std::max(own, absl::Nanoseconds(LongestPatience()))
             : own;
}

void DrainRest(const Cause& cause, absl::Duration deadline, Waiting waiting) {
  if (HasWork(ProcessCore())) DrainOnce(cause, deadline, waiting);
}

}  // namespace

void DrainProcess(const Cause& cause, absl::Duration deadline) noexcept {
  const bool nested = AnyCallback();
  const EndRole begun = BeginEnd(cause);
  if (begun == EndRole::kEndsProcess) return;
  const uint32_t turn = EndTurn();
  deadline = LongestDeadline(cause, deadline);
  GuardDrain(cause, deadline);
  if (begun == EndRole::kTakesOver) NoteEndFailure();  // a callback was left
  AddHookFor(cause);  // for a callback, or another thread, that asks again
  EnsureCurrent(ProcessCore());
  // Closed, once a drain has closed it, until Reopen.
  if (begun == EndRole::kDrains) BeginDrain(ProcessCore());
  if (AbandonFrames()) NoteEndFailure();
  const uint32_t epoch = CurrentEpoch();
  DrainRest(begun == EndRole::kDrains ? cause : CurrentEnd(), deadline,
            nested ? Waiting::kNever : Waiting::kAlways);
  if (epoch != CurrentEpoch()) return;
  NoteDrainOver(EndHasFailed());
  const Cause end = FinishEnd(turn);
  GuardTheRest(end);
  if (end.kind == Cause::Kind::kExit) Reopen();
  EndAs(end, cause);
}

void GuardVainWaits() {
  before_vain_wait.store(&EndAfterVainWait, std::memory_order_release);
}

absl::Duration EndTimeLeft() {
  if (deadline_epoch.load(std::memory_order_acquire) != CurrentEpoch()) {
    return DeadlineFromEnvironment().value_or(ExitDeadline());
  }
  const uint64_t end = deadline_nanos.load(std::memory_order_relaxed);
  const uint64_t now = NowNanos();
  return absl::Nanoseconds(now < end ? end - now : 0);
}

bool PastEndDeadline() {
  return deadline_epoch.load(std::memory_order_acquire) == CurrentEpoch() &&
         NowNanos() >= deadline_nanos.load(std::memory_order_relaxed);
}

}  // namespace finalize_internal
