// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/end/process_drain.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <unordered_set>

#include "finalize/internal/base/clock.h"
#include "finalize/internal/base/exit_deadline.h"
#include "finalize/internal/base/ignoring_bad_alloc.h"
#include "finalize/internal/copies/copies.h"
#include "finalize/internal/copies/end_guard.h"
#include "finalize/internal/drain/drain.h"
#include "finalize/internal/drain/drain_context.h"
#include "finalize/internal/end/current_exit_options.h"
#include "finalize/internal/end/end_deadline.h"
#include "finalize/internal/end/end_state.h"
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
#include "finalize/internal/system/signals_blocked.h"

namespace finalize_internal {
namespace {

using finalize::Cause;
using finalize::DrainOptions;
using finalize::Report;
using finalize::ReportEntry;

// The times of the watchdog of a drain with this deadline.
EndTimes TimesOf(uint64_t deadline, const finalize::ExitOptions& options) {
  const uint64_t start = EndStart();
  const auto share = static_cast<uint64_t>(
      static_cast<double>(deadline - start) * options.temp_dir_share);
  const uint64_t notice = ToNanos(options.notice);
  return {start, notice < deadline - start ? start + notice : UINT64_MAX,
          share > 0 ? deadline - share : UINT64_MAX,
          std::max(deadline, NowNanos())};
}

using Numbers = std::unordered_set<uint64_t>;

// The numbers of the finalizers that the drain reported as failed and left; not
// all of them if memory is short.
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

// Reports the pending finalizers that are not in `failed`, and destroys them
// without running them. Finalizers on a lifetime stay, and run when that ends;
// they are reported if `staying`.
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

// Reports the finalizers that the drain left in child registries. They stay
// there.
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
  const uint64_t limit = StartEndDeadline(deadline);
  NoteDrain(limit);
  DrainOptions drain;
  drain.cause = cause;
  const finalize::ExitOptions exit_options = CurrentExitOptions();
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

// Whether a finalizer is pending that the drain would have run.
bool HasNewcomers(Core* core) {
  // A registration that this look does not see comes after it, and sees that
  // the drain is over.
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

// How much later than the deadline the guard acts, and how long after the drain
// at the earliest if the process does not end by exit().
constexpr uint64_t kMargin = 1000000000;
constexpr uint64_t kTimeToDie = 3000000000;

void Guard(const Cause& cause, absl::Duration deadline) {
  const uint64_t limit = StartEndDeadline(deadline) + kMargin;
  ArmGuard(std::max(limit, NowNanos() + kMargin), cause);
}

// Before anything that may wait: this thread may be in a signal handler.
void GuardDrain(const Cause& cause, absl::Duration deadline) {
  Guard(cause, deadline);
  if (!PassOverHeldLocks()) return;
  GuardWholeEnd("exit() in a signal handler that interrupted the library");
  NoteEndFailure();
}

// This thread is in a signal handler, and waits for a lock that it holds.
void EndAfterVainWait() {
  Guard(Cause::Kind::kExit, ExitDeadline());
  GuardWholeEnd("a signal handler interrupted the library and waits for it");
}

// The drain is over, and this thread ends the process.
void GuardTheRest(const Cause& end) {
  const bool exits =
      end.kind == Cause::Kind::kExit || end.kind == Cause::Kind::kQuickExit;
  GuardBehindDrain(exits ? 0 : NowNanos() + kTimeToDie);
  if (exits && CurrentExitOptions().watch_whole_end) GuardWholeEnd(nullptr);
}

// For a signal, the longest deadline of all copies of the library holds for
// each of them.
absl::Duration LongestDeadline(const Cause& cause, absl::Duration own) {
  return cause.kind == Cause::Kind::kSignal
             ? std::max(own, absl::Nanoseconds(LongestPatience()))
             : own;
}

// The epoch of the process whose end keeps the process registry closed; 0 while
// none does.
std::atomic<uint32_t> closed_in{0};

// Closes the process registry until ReopenProcessRegistry. The first thread
// that drains does it, unless a signal handler that calls exit() has
// interrupted it before.
void CloseProcessRegistry() {
  const SignalsBlocked blocked;  // such a handler comes before or after this
  const uint32_t epoch = CurrentEpoch();
  if (closed_in.exchange(epoch, std::memory_order_acq_rel) != epoch) {
    BeginDrain(ProcessCore());
  }
}

void DrainRest(const Cause& cause, absl::Duration deadline, Waiting waiting) {
  if (HasWork(ProcessCore())) DrainOnce(cause, deadline, waiting);
}

}  // namespace

ProcessDrain::ProcessDrain(EndRole role, const Cause& cause,
                           absl::Duration deadline)
    : role_(role),
      cause_(cause),
      turn_(EndTurn()),
      deadline_(LongestDeadline(cause, deadline)) {
  GuardDrain(cause_, deadline_);
  if (role_ == EndRole::kTakesOver) NoteEndFailure();  // a callback was left
}

std::optional<Cause> ProcessDrain::Run(Waiting waiting) {
  EnsureCurrent(ProcessCore());
  CloseProcessRegistry();
  if (AbandonFrames()) NoteEndFailure();
  const uint32_t epoch = CurrentEpoch();
  DrainRest(role_ == EndRole::kDrains ? cause_ : CurrentEnd(), deadline_,
            waiting);
  if (epoch != CurrentEpoch()) return std::nullopt;
  NoteDrainOver(EndHasFailed());
  StayDrainer(turn_);
  const Cause end = FinishEnd();
  GuardTheRest(end);
  return end;
}

bool ProcessRegistryIsClosed() {
  return closed_in.load(std::memory_order_acquire) == CurrentEpoch();
}

bool ReopenProcessRegistry() {
  closed_in.store(0, std::memory_order_release);
  EndDrain(ProcessCore());
  return HasNewcomers(ProcessCore());
}

void DestroyNewcomers() {
  ReportUnreached(Cause::Kind::kExit, /*staying=*/false);
}

void GuardVainWaits() {
  before_vain_wait.store(&EndAfterVainWait, std::memory_order_release);
}

}  // namespace finalize_internal
