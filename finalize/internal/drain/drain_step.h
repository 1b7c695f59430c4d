// SPDX-License-Identifier: Apache-2.0

// DrainStep runs and finishes one claimed finalizer in a drain.
#ifndef FINALIZE_INTERNAL_DRAIN_DRAIN_STEP_H_
#define FINALIZE_INTERNAL_DRAIN_DRAIN_STEP_H_

#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "finalize/internal/drain/drain_context.h"
#include "finalize/internal/life/observe.h"
#include "finalize/internal/node/callback.h"
#include "finalize/internal/node/core.h"
#include "finalize/report.h"

namespace finalize_internal {

// Confined to one thread at a time.
class DrainStep {
 public:
  DrainStep(Core* core, Node* node, DrainContext* context);
  // Runs the callback. Unless the finalizer becomes pending again, reports a
  // failure to the failure reporter and destroys the callback. The module whose
  // code it is stays loaded meanwhile.
  void Run() noexcept;
  // After Run(): finishes the finalizer and adds it to the report of the drain.
  // No user code runs, unless the drain has abandoned the finalizer meanwhile;
  // then it returns false.
  bool Finish() noexcept;
  // After Run(), instead of Finish(): finishes a finalizer that its drain has
  // abandoned.
  void FinishAbandoned() noexcept;
  // After Finish(): reports the failure of a finalizer that is pending again.
  void ReportPendingAgain() noexcept;

  bool pending_again() const { return !spent_; }

 private:
  const finalize::DrainOptions& options() const { return *context_->options; }
  bool all() const {
    return options().entries == finalize::DrainOptions::Entries::kAll;
  }
  // Read the clock before and after the callback, if there is a reason to.
  void RecordStart();
  void RecordEnd();
  uint64_t ReadClock() const {
    return context_->measured || IsObserved() ? context_->ReadClockExactly()
                                              : context_->ReadClock();
  }
  absl::Duration duration() const {
    return absl::Nanoseconds(static_cast<int64_t>(end_ - start_));
  }
  // Whether the finalizer has run and gets an entry.
  bool Notable() const {
    return failure_.failed || overran_ || entry_ ||
           (end_ != start_ && duration() > options().slow);
  }
  // Creates or completes the entry.
  void FillEntry();
  void Report();
  void Destroy();

  Core* const core_;
  Node* const node_;
  DrainContext* const context_;
  const uint64_t sequence_;  // of the node, which holds the start meanwhile
  Failure failure_;
  uint64_t start_ = 0;  // nanoseconds of DrainNanos(); 0: not read
  uint64_t end_ = 0;
  std::optional<finalize::ReportEntry>
      entry_;             // created before the run, if all()
  bool overran_ = false;  // the deadline
  bool spent_ = true;
};

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_DRAIN_DRAIN_STEP_H_
