#include "finalize/internal/drain_context.h"

#include <utility>
#include <vector>

#include "finalize/internal/if_memory.h"
#include "finalize/internal/spent.h"
#include "finalize/internal/word_wait.h"

namespace finalize_internal {

DrainContext* DrainOfThisCallback() {
  DrainContext* const innermost = this_thread.drain;
  return innermost != nullptr && innermost->node != nullptr &&
                 this_thread.frames != nullptr &&
                 this_thread.frames->node == innermost->node
             ? innermost
             : nullptr;
}

bool LeaveCallbacks() {
  DestroyPutOff();
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

void LeaveCallbacksInExit() {
  if (this_thread.frames != nullptr &&
      this_thread.frames == this_thread.frames_in_exit) {
    LeaveCallbacks();
  }
}

void AddEntry(DrainContext* context, finalize::ReportEntry entry) noexcept {
  std::vector<finalize::ReportEntry>& entries = context->report->entries;
  if (entries.size() >= context->options->max_entries) return;
  IfMemory([&] { entries.push_back(std::move(entry)); });
}

void Absorb(DrainContext* context, finalize::Report part) noexcept {
  finalize::Report& report = *context->report;
  report.ran += part.ran;
  report.failed += part.failed;
  report.left += part.left;
  report.running += part.running;
  report.deadline_exceeded |= part.deadline_exceeded;
  for (finalize::ReportEntry& entry : part.entries) {
    AddEntry(context, std::move(entry));
  }
}

}  // namespace finalize_internal
