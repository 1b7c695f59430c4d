// One claimed finalizer in a drain.
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
  // Runs the callback. Unless it becomes pending again, tells the failure
  // reporter if it failed, and destroys it: a module whose code that is stays
  // as long.
  void Run() noexcept;
  // Then: finishes it and notes it in the drain's context. No code of the
  // user's runs, unless the drain was left meanwhile. Returns false where that
  // is so.
  bool Finish() noexcept;
  // Or: finishes it, where its drain has left it behind.
  void FinishAbandoned() noexcept;
  // At last, after Finish(): tells the failure reporter of one that is armed
  // again.
  void ReportPendingAgain() noexcept;

  bool pending_again() const { return !spent_; }

 private:
  const finalize::DrainOptions& options() const { return *context_->options; }
  bool all() const {
    return options().entries == finalize::DrainOptions::Entries::kAll;
  }
  // Look at the clock, before the callback and after it, where there is a
  // reason to.
  void RecordStart();
  void RecordEnd();
  uint64_t ReadClock() const {
    return context_->measured || Watched() ? context_->ReadClockExactly()
                                           : context_->ReadClock();
  }
  absl::Duration duration() const {
    return absl::Nanoseconds(static_cast<int64_t>(end_ - start_));
  }
  // Whether it has run and gets an entry.
  bool Notable() const {
    return failure_.failed || overran_ || entry_ ||
           (end_ != start_ && duration() > options().slow);
  }
  // Makes or completes the entry.
  void FillEntry();
  void Report();
  void Destroy();

  Core* const core_;
  Node* const node_;
  DrainContext* const context_;
  const uint64_t sequence_;  // of the node, which shows the start meanwhile
  Failure failure_;
  uint64_t start_ = 0;  // nanoseconds of DrainNanos(); 0: nobody looked
  uint64_t end_ = 0;
  std::optional<finalize::ReportEntry> entry_;  // made before it runs, if all
  bool overran_ = false;                        // the deadline
  bool spent_ = true;
};

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_DRAIN_DRAIN_STEP_H_
