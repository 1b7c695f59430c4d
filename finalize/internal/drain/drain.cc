// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/drain/drain.h"

#include <time.h>

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>

#include "absl/time/time.h"
#include "finalize/internal/base/clock.h"
#include "finalize/internal/base/drain_clock.h"
#include "finalize/internal/base/ignoring_bad_alloc.h"
#include "finalize/internal/drain/drain_cursor.h"
#include "finalize/internal/drain/drain_step.h"
#include "finalize/internal/drain/parallel_drain.h"
#include "finalize/internal/inspect/finalizer_ops.h"
#include "finalize/internal/inspect/snapshot.h"
#include "finalize/internal/life/end_door.h"
#include "finalize/internal/life/spent.h"
#include "finalize/internal/life/stack_mark.h"
#include "finalize/internal/node/frames.h"
#include "finalize/internal/node/node_wait.h"
#include "finalize/internal/node/process_core.h"

namespace finalize_internal {
namespace {

using finalize::DrainOptions;
using finalize::Report;
using finalize::ReportEntry;

// Returns the time at which a limit that begins at `now` ends.
uint64_t DeadlineAfter(uint64_t now, absl::Duration limit) {
  if (limit == absl::InfiniteDuration()) return UINT64_MAX;
  if (limit <= absl::ZeroDuration()) return 0;
  return now + static_cast<uint64_t>(absl::ToInt64Nanoseconds(limit));
}

// Does not use absl::Now(), because a raw clone() may have copied its lock
// while it was held.
absl::Time WallTime() {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return absl::TimeFromTimespec(now);
}

// The result is not later than `deadline`, however long this call takes.
uint64_t MonotonicDeadline(absl::Time deadline) {
  const uint64_t now = NowNanos();
  return DeadlineAfter(now, deadline - WallTime());
}

bool Passed(uint64_t deadline) {
  return deadline != UINT64_MAX && DrainNanos() >= deadline;
}

// A phase that has a limit needs a helper thread for its callbacks. Only then
// can the drain continue after one that hangs.
DrainOptions WithHelper(DrainOptions options) {
  const bool limited = options.phase_limit != absl::InfiniteDuration();
  if (limited) options.threads = std::max(options.threads, 1);
  return options;
}

class Drain {
 public:
  Drain(Core* core, const DrainOptions& options, bool wait, uint64_t limit)
      : core_(core),
        options_(WithHelper(options)),
        wait_(wait),
        ends_(core == ProcessCore() && options.cause.IsProcessEnd()),
        epoch_(CurrentEpoch()),
        deadline_(std::min(limit, MonotonicDeadline(options.deadline))),
        scope_(core, options_.cause, WhenAbandoned::kEndDrain),
        context_{&report_, &options_,          deadline_,
                 core,     Measures(options_), &scope_} {
    report_.cause = options.cause;
  }

  Report Run() {
    const uint64_t start = DrainNanos();
    BeginDrain(core_);
    // Callbacks that ran on other threads may have registered more.
    while (DrainPhases() && wait_ && AwaitRunning() && HasNew()) {
    }
    if (Stopped()) return std::move(report_);
    RecordLeftovers();
    if (scope_.End()) EndDrain(core_);
    report_.elapsed =
        absl::Nanoseconds(static_cast<int64_t>(DrainNanos() - start));
    return std::move(report_);
  }

 private:
  // Whether this is a child of the process that began the drain: a callback
  // forked, and returned in the child. The child does not continue the drain.
  bool Inherited() const { return epoch_ != CurrentEpoch(); }
  // Whether the drain must not continue: in a child, or because another thread
  // ended it (for example while a callback was suspended). Its core may then
  // belong to another registry.
  bool Stopped() const { return Inherited() || scope_.over(); }

  // Returns false if the deadline comes first, or the drain must stop.
  bool DrainPhases() {
    DrainCursor cursor(core_, options_.cause.IsProcessEnd());
    int phase;
    while (!Stopped() && cursor.NextPhase(&phase)) {
      context_.deadline = std::min(
          deadline_,
          DeadlineAfter(context_.ReadClockExactly(), options_.phase_limit));
      std::optional<bool> done;
      if (options_.threads > 0) {
        done = DrainPhaseInParallel(core_, phase, &context_);
      }
      if (!done) done = DrainPhase(&cursor, phase);
      context_.deadline = deadline_;
      if (*done) continue;
      if (Stopped() || Passed(deadline_)) return false;
      report_.deadline_exceeded = true;
      scope_.RecordFailure();
      cursor.PassBy(phase);
    }
    return !Stopped();
  }

  // Returns false if the deadline comes first, or the drain must stop.
  bool DrainPhase(DrainCursor* cursor, int phase) {
    for (;;) {
      if (context_.limited() && context_.ReadClock() >= context_.deadline) {
        return false;
      }
      if (ends_) StayDrainer(turn_);
      Node* node = cursor->ClaimNext(phase);
      if (node == nullptr) return true;
      if (ends_) TakeEndStep(turn_, /*in_callback=*/true);
      RunStep(node);
      if (Stopped()) return false;
      // Before anything that the thread which took this drain over also does.
      if (ends_) TakeEndStep(turn_, /*in_callback=*/false);
    }
  }

  void RunStep(Node* node) {
    DrainStep step(core_, node, &context_);
    step.Run();
    step.Finish();
    step.ReportPendingAgain();
  }

  // Returns false if the deadline comes first, or if one of the callbacks,
  // which began on another thread, has itself called this drain: it would wait
  // for itself.
  bool AwaitRunning() {
    // How often to check for calls of exit(), in nanoseconds.
    constexpr uint64_t kCheckInterval = 10000000;
    for (;;) {
      const NodeRef ref = FirstRunning(core_);
      if (ref.node == nullptr) return true;
      if (IsOnThisStack(ref)) return wait_ = false;
      uint64_t limit;
      do {
        const uint64_t now = DrainNanos();
        if (now >= deadline_) return false;
        uint64_t nap = NapUntil(deadline_, now);
        if (ends_)
          nap = AbandonIfAsleep(ref) ? 0 : std::min(nap, kCheckInterval);
        limit = NowNanos() + nap;
      } while (!WaitWhile(ref.node, kGenerationMask | kStateMask,
                          ref.generation | kRunning, limit));
    }
  }

  bool HasNew() const {
    bool found = false;
    VisitLanes(core_,
               [&](Lane& lane, int) { found |= lane.Newest() != nullptr; });
    return found;
  }

  // Counts the finalizers that are still pending or running, and adds entries
  // for them.
  void RecordLeftovers() {
    const DrainLeftovers left = CollectLeftovers(core_, options_.max_entries);
    report_.running += left.running_count;
    report_.left += left.set_aside_count + left.pending_count;
    if (left.pending_count != 0 || (wait_ && left.running_count != 0)) {
      report_.deadline_exceeded |= Passed(deadline_);
    }
    IgnoringBadAlloc([&] { NameLeftovers(left); });
  }

  void NameLeftovers(const DrainLeftovers& left) {
    for (const RunningEntry& running : left.running) {
      ReportEntry entry = running.ToEntry(options_.cause);
      entry.status = absl::DeadlineExceededError("still running");
      AddEntry(&context_, std::move(entry));
    }
    const std::unordered_set<uint64_t> pending_again = NumbersPendingAgain();
    for (const NodeRef& ref : left.pending) NameUnreached(ref, pending_again);
  }

  // Returns the numbers of the finalizers whose failure in this drain has an
  // entry already.
  std::unordered_set<uint64_t> NumbersPendingAgain() const {
    std::unordered_set<uint64_t> numbers;
    for (const ReportEntry& entry : report_.entries) {
      if (entry.outcome == ReportEntry::Outcome::kPendingAgain)
        numbers.insert(entry.number);
    }
    return numbers;
  }

  void NameUnreached(const NodeRef& ref,
                     const std::unordered_set<uint64_t>& noted) {
    ReportEntry entry;
    bool pending_again = false;
    if (!DescribePending(ref, options_.cause, &entry, &pending_again)) return;
    if (pending_again) {
      if (noted.count(entry.number) != 0) return;
      entry.outcome = ReportEntry::Outcome::kUnreached;
      entry.status =
          absl::UnavailableError("failed on another thread meanwhile");
      AddEntry(&context_, std::move(entry));
      return;
    }
    const bool skipped = options_.cause.IsProcessEnd() && !AtExitFlag(ref);
    entry.outcome = skipped ? ReportEntry::Outcome::kSkipped
                            : ReportEntry::Outcome::kUnreached;
    if (!skipped) entry.status = absl::DeadlineExceededError("not reached");
    AddEntry(&context_, std::move(entry));
  }

  Core* const core_;
  const DrainOptions options_;
  bool wait_;
  const bool ends_;  // it is the drain at the end of the process
  const uint32_t turn_ = EndTurn();
  const uint32_t epoch_;
  const uint64_t deadline_;  // of the drain, as DrainContext::deadline
  Report report_;
  DrainScope scope_;
  DrainContext context_;
};

}  // namespace

Report DrainCore(Core* core, const DrainOptions& options, Waiting waiting,
                 uint64_t limit) noexcept {
  EnsureCurrent(core);
  DestroyDeferred();
  const bool wait = waiting == Waiting::kAlways ||
                    (waiting == Waiting::kIfOutermost && !AnyCallback());
  return Drain(core, options, wait, limit).Run();
}

namespace {

// This lock orders the beginning of one drain and the end of another, because
// one closes the registry and the other opens it.
Lock& CountLock(Core* core) {
  const int lane = core->sharded() ? 0 : core->only_lane;
  const bool passed_over = (LanesPassedOver() >> lane & 1) != 0;
  return LockAt(passed_over ? int{kExitLock} : lane);
}

}  // namespace

void BeginDrain(Core* core) {
  LockHolder lock(CountLock(core));
  core->drains.fetch_add(1, std::memory_order_acq_rel);
}

void EndDrain(Core* core) {
  {
    LockHolder lock(CountLock(core));
    if (core->drains.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    core->closed_from.store(INT64_MAX, std::memory_order_release);
  }
  VisitLanes(core, [core](Lane& lane, int) {
    // Otherwise another drain has begun, and may have tried these nodes.
    if (core->drains.load(std::memory_order_acquire) == 0)
      lane.ReturnSetAside();
  });
}

void OpenBelow(Core* core, int phase) {
  int64_t closed = INT64_MIN;
  core->closed_from.compare_exchange_strong(closed, phase,
                                            std::memory_order_seq_cst);
}

void DrainChild(Core* child, const void* callable,
                const finalize::Cause& cause) noexcept {
  DrainContext* const outer = DrainOfCallback(callable);
  DrainOptions options;
  if (outer != nullptr) options = *outer->options;
  options.cause = cause;
  Report report = DrainCore(child, options, Waiting::kIfOutermost,
                            outer != nullptr ? outer->deadline : UINT64_MAX);
  if (outer != nullptr) Absorb(outer, std::move(report));
}

}  // namespace finalize_internal
