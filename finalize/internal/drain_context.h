// What a thread knows of the drains that it works on.
#ifndef FINALIZE_INTERNAL_DRAIN_CONTEXT_H_
#define FINALIZE_INTERNAL_DRAIN_CONTEXT_H_

#include <algorithm>
#include <cstdint>

#include "finalize/internal/core.h"
#include "finalize/internal/drain_clock.h"
#include "finalize/internal/thread_state.h"
#include "finalize/report.h"

namespace finalize_internal {

// What the callbacks of a drain, on one thread, may ask of it. The contexts of
// a thread form a stack.
struct DrainContext {
  finalize::Report* report;  // of this thread's part of the drain
  const finalize::DrainOptions* options;
  // Nanoseconds of DrainNanos(), of the drain or, if that comes first, of the
  // phase under way; UINT64_MAX for none.
  uint64_t deadline;
  Core* core;
  uint32_t epoch;
  // Ends this thread's part of the drain from within a callback that will not
  // return.
  void (*leave)(DrainContext*);
  // Somebody will want to know exactly how long each of its callbacks took.
  bool measured = false;
  DrainContext* outer = nullptr;
  const Node* node = nullptr;  // the one whose callback it runs
  uint64_t now = 0;            // the last look at the clock
  bool recent = false;         // nothing that may take long has run since

  bool limited() const { return deadline != UINT64_MAX; }
  // Returns `now`, after another look where that is not recent.
  uint64_t Look() { return recent ? now : Note(DrainNanosBefore(deadline)); }
  uint64_t LookExactly() { return Note(DrainNanos()); }

 private:
  uint64_t Note(uint64_t seen) {
    recent = true;
    return now = std::max(now, seen);
  }
};

// Whether a drain with these options measures its callbacks.
inline bool Measures(const finalize::DrainOptions& options) {
  return options.entries == finalize::DrainOptions::kAll ||
         options.slow != absl::InfiniteDuration();
}

// Makes a context this thread's innermost one.
class ContextScope {
 public:
  explicit ContextScope(DrainContext* context) : context_(context) {
    context->outer = this_thread.drain;
    this_thread.drain = context;
  }
  ~ContextScope() { this_thread.drain = context_->outer; }
  ContextScope(const ContextScope&) = delete;
  ContextScope& operator=(const ContextScope&) = delete;

 private:
  DrainContext* const context_;
};

// Whether this thread works on a drain of `core`: it may register as a running
// callback may, from the destructor of a callback or the failure reporter.
inline bool DrainsOnThisThread(const Core* core) {
  const DrainContext* context = this_thread.drain;
  while (context != nullptr && context->core != core) context = context->outer;
  return context != nullptr;
}

// The drain that runs, on this thread, the innermost running callback; null
// where something else runs that, inside a drain or not.
DrainContext* DrainOfThisCallback();

// For a thread in exit(), which does not return: ends its part of every drain
// below on its stack, and lets the callbacks below go, so that nobody waits
// for them. Returns whether one at the end of the process was among those
// drains and something had failed in it.
bool LeaveCallbacks();
// The same where that is known without the exit hook: where the thread_locals
// of a thread that has registered are gone, and all its callbacks are older.
void LeaveCallbacksInExit();

// Adds an entry, within the limit on their number, and that of memory.
void AddEntry(DrainContext* context, finalize::ReportEntry entry) noexcept;
// Adds the totals and entries of another report.
void Absorb(DrainContext* context, finalize::Report part) noexcept;

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_DRAIN_CONTEXT_H_
