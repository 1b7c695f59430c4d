// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/life/observed_run.h"

#include "finalize/internal/base/drain_clock.h"
#include "finalize/internal/life/run.h"

namespace finalize_internal {

ObservedRun::ObservedRun(Node* node, const finalize::Cause& cause) noexcept
    : node_(node), sequence_(node->Sequence()), start_(RunStartOf(node)) {
  if (start_ == 0) RecordRunStart(node, start_ = DrainNanos());
  if (!observation_.any()) return;
  entry_ = Describe(node, cause, /*spent=*/false);
  entry_->outcome = finalize::ReportEntry::Outcome::kRunning;
  observation_.Start(*entry_);
}

ObservedRun::~ObservedRun() {
  node_->sequence.store(sequence_, std::memory_order_relaxed);
}

void ObservedRun::End(const Failure& failure) noexcept {
  if (!entry_ || !IsOurs(node_)) return;  // in the child of a fork
  entry_->outcome = failure.failed ? finalize::ReportEntry::Outcome::kFailed
                                   : finalize::ReportEntry::Outcome::kRan;
  if (failure.failed) entry_->status = ToStatus(failure);
  entry_->duration =
      absl::Nanoseconds(static_cast<int64_t>(DrainNanos() - start_));
  observation_.End(*entry_);
}

}  // namespace finalize_internal
