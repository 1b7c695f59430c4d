// One drain of one registry.
//
// It repeats one step until nothing is left that it may run: find the lane
// whose newest finalizer comes first, claim that, run it with no lock held.
// Finding looks at the head of every lane in use; it is repeated only when the
// lane in hand falls behind the next best one, or when the registry changed
// (Core::changes). So a drain of n finalizers costs O(n), whatever is
// registered, run, detached or re-flagged meanwhile.
//
// What it must not run it parks (lane.h): that keeps each head meaningful and
// each finalizer visited once.
#ifndef FINALIZE_INTERNAL_DRAIN_H_
#define FINALIZE_INTERNAL_DRAIN_H_

#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "finalize/internal/callback.h"
#include "finalize/internal/core.h"
#include "finalize/internal/thread_state.h"
#include "finalize/report.h"

namespace finalize_internal {

// Whether a drain waits, to its deadline, for callbacks on other threads.
enum class Waiting { kIfOutermost, kAlways, kNever };

// Drains `core`; never lets anything escape.
finalize::Report DrainCore(Core* core, const finalize::DrainOptions& options,
                           Waiting waiting) noexcept;

// Every drain begins and ends so. The end of the last one opens the registry
// again: what begins a drain around others keeps it closed after them.
void BeginDrain(Core* core);
void EndDrain(Core* core);

// Drains the core of a child registry from its entry in the parent: with the
// cause and the deadline of the parent's drain, and into its report.
void DrainChild(Core* child, const finalize::Cause& cause) noexcept;

// What the callbacks of a drain, on one thread, may ask of it. The contexts of
// a thread form a stack.
struct DrainContext {
  finalize::Report* report;  // of this thread's part of the drain
  const finalize::DrainOptions* options;
  uint64_t deadline;  // nanoseconds of CLOCK_MONOTONIC
  Core* core;
  uint32_t epoch;
  // Ends this thread's part of the drain from within a callback that will not
  // return.
  void (*leave)(DrainContext*);
  DrainContext* outer = nullptr;
};

// For a thread in exit(), which does not return: ends its part of every drain
// below on its stack, and lets the callbacks below go, so that nobody waits
// for them. Returns whether one at the end of the process was among those
// drains and something had failed in it.
bool LeaveCallbacks();
// The same where that is known without the exit hook: where the thread_locals
// of a thread that has registered are gone, and all its callbacks are older.
inline void LeaveCallbacksInExit() {
  if (this_thread.frames != nullptr &&
      this_thread.frames == this_thread.frames_in_exit) {
    LeaveCallbacks();
  }
}

// Whether this thread works on a drain of `core`: it may register as a running
// callback may, from the destructor of a callback or the failure reporter.
inline bool DrainsOnThisThread(const Core* core) {
  const DrainContext* context = this_thread.drain;
  while (context != nullptr && context->core != core) context = context->outer;
  return context != nullptr;
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

// Picks the finalizers of a drain, in order. Confined to one thread; several
// cursors may work on one core.
class DrainCursor {
 public:
  DrainCursor(Core* core, bool process_end)
      : core_(core), process_end_(process_end) {}

  // Returns whether anything is left that may run, and the highest phase of
  // that. Closes the registry to other threads from that phase up, or wholly
  // if it is the last one, or none is left.
  bool NextPhase(int* phase);
  // Claims the next finalizer of `lowest_phase` or higher; null if none is
  // left.
  Node* ClaimNext(int lowest_phase);

 private:
  struct Place {
    int phase;
    uint64_t sequence;
  };
  static bool Precedes(const Place& a, const Place& b) {
    return a.phase != b.phase ? a.phase > b.phase : a.sequence > b.sequence;
  }
  void ParkSkipped(Lane* lane, PhaseList* list) const;
  Node* Head(Lane* lane) const;
  Node* TryClaim(int lowest_phase);
  void Rescan();

  Core* const core_;
  const bool process_end_;
  // Of the registry as it was at changes_: the lane whose head comes first
  // (-1: none), that head's phase, where the second best lane begins, and the
  // lowest phase of all.
  bool fresh_ = false;
  uint64_t changes_ = 0;
  int best_ = -1;
  int best_phase_ = 0;
  Place bound_ = {};
  bool bounded_ = false;
  int lowest_ = 0;
};

// One claimed finalizer in a drain. Confined to one thread.
class DrainStep {
 public:
  DrainStep(Core* core, Node* node);
  // Runs the callback, and destroys it unless it is to be armed again.
  void Run() noexcept;
  // Then: finishes it and notes it in this thread's drain context. No code of
  // the user's runs.
  void Note() noexcept;
  // Or: finishes it, where its drain has left it behind.
  void Leave() noexcept;
  // At last: tells the failure reporter, if it failed.
  void Report() noexcept;

  bool failed() const { return failure_.failed; }

 private:
  const finalize::DrainOptions& options() const { return *context_->options; }

  Core* const core_;
  Node* const node_;
  DrainContext* const context_;
  Failure failure_;
  absl::Duration duration_;
  std::optional<finalize::ReportEntry> entry_;  // made before it runs, if all
  bool spent_ = true;
};

// Runs what the drain may run of one phase, on helper threads. Returns false
// where the deadline came first; what still runs then is left to its thread,
// and noted.
bool DrainPhaseInParallel(Core* core, int phase, DrainContext* context);

// Adds an entry, within the limit on their number.
void AddEntry(DrainContext* context, finalize::ReportEntry entry);
// Adds the totals and entries of another report.
void Absorb(DrainContext* context, finalize::Report part);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_DRAIN_H_
