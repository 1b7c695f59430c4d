#include "finalize/internal/drain.h"

#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "finalize/internal/clock.h"
#include "finalize/internal/handle.h"
#include "finalize/internal/inspect.h"
#include "finalize/internal/report_failure.h"
#include "finalize/internal/run.h"
#include "finalize/internal/word_wait.h"

namespace finalize_internal {
namespace {

using finalize::DrainOptions;
using finalize::Report;
using finalize::ReportEntry;

uint64_t MonotonicDeadline(absl::Time deadline) {
  if (deadline == absl::InfiniteFuture()) return UINT64_MAX;
  const absl::Duration left = deadline - absl::Now();
  if (left <= absl::ZeroDuration()) return 0;
  return NowNanos() + static_cast<uint64_t>(absl::ToInt64Nanoseconds(left));
}

bool Passed(uint64_t deadline) {
  return deadline != UINT64_MAX && NowNanos() >= deadline;
}

// A drain whose callback is in exit(): nothing of it runs any more.
void LeaveDrain(DrainContext* context) { EndDrain(context->core); }

class Drain {
 public:
  Drain(Core* core, const DrainOptions& options, bool wait)
      : core_(core),
        options_(options),
        wait_(wait),
        epoch_(CurrentEpoch()),
        context_{&report_, &options_, MonotonicDeadline(options.deadline),
                 core,     epoch_,    &LeaveDrain} {
    report_.cause = options.cause;
  }

  Report Run() {
    const uint64_t start = NowNanos();
    BeginDrain(core_);
    // What ran on other threads may have registered more.
    while (DrainPhases() && wait_ && AwaitRunning() && HasNew()) {
    }
    if (Inherited()) return std::move(report_);
    NoteLeft();
    EndDrain(core_);
    report_.elapsed =
        absl::Nanoseconds(static_cast<int64_t>(NowNanos() - start));
    return std::move(report_);
  }

 private:
  // Whether this is a child of the process that began the drain: a callback
  // forked and returned. The child does not go on with it.
  bool Inherited() const { return epoch_ != CurrentEpoch(); }

  // Returns false where the deadline came first, or this is a forked child.
  bool DrainPhases() {
    ContextScope scope(&context_);
    DrainCursor cursor(core_, options_.cause.IsProcessEnd());
    int phase;
    while (!Inherited() && cursor.NextPhase(&phase)) {
      const bool done = options_.threads > 0
                            ? DrainPhaseInParallel(core_, phase, &context_)
                            : DrainPhase(&cursor, phase);
      if (!done) return false;
    }
    return !Inherited();
  }

  bool DrainPhase(DrainCursor* cursor, int phase) {
    for (;;) {
      if (Passed(context_.deadline)) return false;
      Node* node = cursor->ClaimNext(phase);
      if (node == nullptr) return true;
      DrainStep step(core_, node);
      step.Run();
      step.Note();
      step.Report();
      if (Inherited()) return false;
    }
  }

  // Returns false where the deadline came first.
  bool AwaitRunning() {
    for (;;) {
      const NodeRef ref = FirstRunning(core_);
      if (ref.node == nullptr) return true;
      if (!WaitWhile(ref.node, kGenerationMask | kStateMask,
                     ref.generation | kRunning, context_.deadline)) {
        return false;
      }
    }
  }

  bool HasNew() const {
    bool found = false;
    VisitLanes(core_,
               [&](Lane& lane, int) { found |= lane.Newest() != nullptr; });
    return found;
  }

  // Counts and names what is still pending or running.
  void NoteLeft() {
    const Left left = CollectLeft(core_, options_.max_entries);
    for (const RunningEntry& running : left.running) {
      ReportEntry entry = running.ToEntry(options_.cause);
      entry.status = absl::DeadlineExceededError("still running");
      AddEntry(&context_, std::move(entry));
    }
    report_.running += left.running_count;
    report_.left += left.parked_count + left.pending_count;
    const std::unordered_set<uint64_t> rearmed = NumbersOfRearmed();
    for (const NodeRef& ref : left.pending) NoteUnreached(ref, rearmed);
    if (left.pending_count != 0 || (wait_ && left.running_count != 0)) {
      report_.deadline_exceeded = Passed(context_.deadline);
    }
  }

  // The finalizers whose failure in this drain is an entry already.
  std::unordered_set<uint64_t> NumbersOfRearmed() const {
    std::unordered_set<uint64_t> numbers;
    for (const ReportEntry& entry : report_.entries) {
      if (entry.outcome == ReportEntry::kRearmed) numbers.insert(entry.number);
    }
    return numbers;
  }

  void NoteUnreached(const NodeRef& ref,
                     const std::unordered_set<uint64_t>& noted) {
    ReportEntry entry;
    bool rearmed = false;
    if (!DescribePending(ref, options_.cause, &entry, &rearmed)) return;
    if (rearmed) {
      if (noted.count(entry.number) != 0) return;
      entry.outcome = ReportEntry::kLeft;
      entry.status = absl::UnavailableError("failed elsewhere meanwhile");
      AddEntry(&context_, std::move(entry));
      return;
    }
    const bool skipped = options_.cause.IsProcessEnd() && !AtExitFlag(ref);
    entry.outcome = skipped ? ReportEntry::kSkipped : ReportEntry::kLeft;
    if (!skipped) entry.status = absl::DeadlineExceededError("not reached");
    AddEntry(&context_, std::move(entry));
  }

  Core* const core_;
  const DrainOptions options_;
  const bool wait_;
  const uint32_t epoch_;
  Report report_;
  DrainContext context_;
};

}  // namespace

Report DrainCore(Core* core, const DrainOptions& options,
                 Waiting waiting) noexcept {
  EnsureCurrent(core);
  const bool wait =
      waiting == Waiting::kAlways ||
      (waiting == Waiting::kIfOutermost && this_thread.frames == nullptr);
  return Drain(core, options, wait).Run();
}

namespace {

// Orders a drain that begins behind one that ends: one opens the registry, the
// other closes it.
Lock& CountLock(Core* core) {
  return LockAt(core->sharded() ? 0 : core->only_lane);
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
    // Else another drain has begun, and these may be what it has tried.
    if (core->drains.load(std::memory_order_acquire) == 0) lane.Unpark();
  });
}

bool LeaveCallbacks() {
  bool failed = false;
  for (Frame* frame = this_thread.frames; frame != nullptr;
       frame = frame->outer) {
    if (IsOurs(frame->node) && Abandon(frame->core, RefTo(frame->node))) {
      WakeWaiters(frame->node);
    }
  }
  for (DrainContext* context = this_thread.drain; context != nullptr;
       context = context->outer) {
    if (context->epoch != CurrentEpoch()) continue;  // the parent's
    failed |= context->options->cause.IsProcessEnd() &&
              !context->report->status().ok();
    context->leave(context);
  }
  this_thread.frames = nullptr;
  this_thread.drain = nullptr;
  return failed;
}

void DrainChild(Core* child, const finalize::Cause& cause) noexcept {
  DrainContext* const outer = this_thread.drain;
  DrainOptions options;
  if (outer != nullptr) options = *outer->options;
  options.cause = cause;
  Report report = DrainCore(child, options, Waiting::kIfOutermost);
  if (outer != nullptr) Absorb(outer, std::move(report));
}

DrainStep::DrainStep(Core* core, Node* node)
    : core_(core), node_(node), context_(this_thread.drain) {}

void DrainStep::Run() noexcept {
  const bool all = options().entries == DrainOptions::kAll;
  const bool timed = all || options().slow != absl::InfiniteDuration();
  if (all) entry_ = Describe(node_, options().cause, /*spent=*/false);
  const uint64_t start = timed ? NowNanos() : 0;
  RunCaught(core_, node_, options().cause, &failure_);
  if (timed) {
    duration_ = absl::Nanoseconds(static_cast<int64_t>(NowNanos() - start));
  }
  if (!IsOurs(node_)) {  // the callback forked, and this is the child
    entry_.reset();
    return;
  }
  if (!entry_ && (failure_.failed || duration_ > options().slow)) {
    entry_ = Describe(node_, options().cause, /*spent=*/true);
  }
  spent_ = !failure_.failed || !MayRearm(node_);
  if (spent_) DestroyCallback(core_, node_);
  if (!entry_) return;
  entry_->duration = duration_;
  if (!failure_.failed) return;
  entry_->outcome = spent_ ? ReportEntry::kFailed : ReportEntry::kRearmed;
  entry_->status = ToStatus(failure_);
}

void DrainStep::Note() noexcept {
  if (!IsOurs(node_)) return;
  if (spent_) {
    Retire(core_, node_);
  } else {
    TryRearm(core_, node_, /*parked=*/true);
  }
  ++(failure_.failed ? context_->report->failed : context_->report->ran);
  if (entry_) AddEntry(context_, *entry_);
}

void DrainStep::Leave() noexcept {
  if (!spent_) {
    DestroyCallback(core_, node_);
    entry_->outcome = ReportEntry::kFailed;
  }
  Retire(core_, node_);
}

void DrainStep::Report() noexcept {
  if (failure_.failed && entry_) ReportFailure(*entry_);
}

void AddEntry(DrainContext* context, ReportEntry entry) {
  std::vector<ReportEntry>& entries = context->report->entries;
  if (entries.size() < context->options->max_entries) {
    entries.push_back(std::move(entry));
  }
}

void Absorb(DrainContext* context, Report part) {
  Report& report = *context->report;
  report.ran += part.ran;
  report.failed += part.failed;
  report.left += part.left;
  report.running += part.running;
  report.deadline_exceeded |= part.deadline_exceeded;
  for (ReportEntry& entry : part.entries) AddEntry(context, std::move(entry));
}

}  // namespace finalize_internal
