// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/drain/drain_step.h"

#include "finalize/internal/base/drain_clock.h"
#include "finalize/internal/base/ignoring_bad_alloc.h"
#include "finalize/internal/life/finish.h"
#include "finalize/internal/life/observed_run.h"
#include "finalize/internal/life/report_failure.h"
#include "finalize/internal/life/run.h"

namespace finalize_internal {

using finalize::ReportEntry;

DrainStep::DrainStep(Core* core, Node* node, DrainContext* context)
    : core_(core),
      node_(node),
      context_(context),
      sequence_(node->Sequence()) {}

inline void DrainStep::RecordStart() {
  if (!context_->measured && !context_->limited()) return;
  start_ = ReadClock();
  RecordRunStart(node_, start_);
}

inline void DrainStep::RecordEnd() {
  context_->recent = false;
  if (start_ == 0) return;
  end_ = ReadClock();
  overran_ = context_->limited() && end_ >= context_->deadline;
}

void DrainStep::FillEntry() {
  if (!entry_) entry_ = Describe(node_, options().cause, /*spent=*/true);
  entry_->duration = duration();
  if (failure_.failed) {
    entry_->outcome = spent_ ? ReportEntry::Outcome::kFailed
                             : ReportEntry::Outcome::kPendingAgain;
    entry_->status = ToStatus(failure_);
  } else if (overran_) {
    entry_->status = StatusOrBareCode(absl::StatusCode::kDeadlineExceeded,
                                      [] { return "ran past the deadline"; });
  }
}

void DrainStep::Destroy() {
  if (node_->ops->trivial) return;
  context_->recent = false;  // it may take long
  DestroyCallback(node_);
}

void DrainStep::Run() noexcept {
  if (all()) entry_ = Describe(node_, options().cause, /*spent=*/false);
  RecordStart();
  RunCaught(node_, context_, options().cause, &failure_);
  RecordEnd();
  if (!IsOurs(node_)) {  // the callback forked, and this is the child
    entry_.reset();
    return;
  }
  spent_ = !failure_.failed || !IsRetryable(node_);
  if (Notable()) FillEntry();
  if (!spent_) return;
  if (failure_.failed) Report();
  if (IsOurs(node_)) Destroy();  // the reporter may fork as well
}

bool DrainStep::Finish() noexcept {
  if (!IsOurs(node_)) {
    DropFrame(node_);
    return true;
  }
  if (failure_.failed) CountFailure(core_, node_);
  bool ours;
  if (spent_) {
    ours = Retire(core_, node_);
  } else {
    node_->sequence.store(sequence_, std::memory_order_relaxed);
    ours = ReturnToPending(core_, node_, /*set_aside=*/true) ||
           DestroyAndRetire(core_, node_);
  }
  ++(failure_.failed ? context_->report->failed : context_->report->ran);
  if (failure_.failed) context_->RecordFailure();
  if (entry_) IgnoringBadAlloc([this] { AddEntry(context_, *entry_); });
  return ours;
}

void DrainStep::FinishAbandoned() noexcept {
  if (!spent_) {
    entry_->outcome = ReportEntry::Outcome::kFailed;  // after all
    Report();
    DestroyCallback(node_);
  }
  Retire(core_, node_);
}

void DrainStep::ReportPendingAgain() noexcept {
  if (spent_ || !entry_) return;
  ReportFailure(*entry_);
  context_->recent = false;
}

// The frame of the callback is still in use.
void DrainStep::Report() {
  ReportSpent(node_, *entry_);
  context_->recent = false;
}

}  // namespace finalize_internal
