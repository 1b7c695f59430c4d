// SPDX-License-Identifier: Apache-2.0

// DrainContext is what a drain knows while it runs callbacks. DrainScope is
// what other code knows about a drain.
//
// A DrainContext is on the stack of its drain, which passes it to the functions
// that it calls. Otherwise only the frames of the callbacks that the drain runs
// (frames.h) point to it, for those callbacks. Everything that this thread or
// another may ask about a drain is in its record, in the memory of a node:
//
//               DrainScope                 ~DrainScope
//     (free) ---------------> under way ----------------> (free)
//                                 |                          ^
//                                 | AbandonFrames            |
//                                 v                          |
//                                over -----------------------+
//
//   under way  the drain runs: its registry counts it
//   over       AbandonFrames has ended the drain, because one of its callbacks
//              is in exit() or its thread has ended. If its stack resumes
//              nevertheless (a fiber, on another thread), the drain no longer
//              touches its registry.
#ifndef FINALIZE_INTERNAL_DRAIN_DRAIN_CONTEXT_H_
#define FINALIZE_INTERNAL_DRAIN_DRAIN_CONTEXT_H_

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>

#include "finalize/internal/base/drain_clock.h"
#include "finalize/internal/node/core.h"
#include "finalize/report.h"

namespace finalize_internal {

// The part of a drain that a helper thread does. Abandon() ends it, if its
// thread will not return to it. A DrainPart is on the heap, not on a stack.
class DrainPart {
 public:
  virtual ~DrainPart() = default;
  virtual void Abandon() noexcept = 0;
};

struct DrainRecord {
  Core* core = nullptr;
  uint32_t epoch = 0;
  bool process_end = false;
  std::atomic<bool> failed{false};
  // Set under kCorePoolLock, which also guards the end of the record.
  std::atomic<bool> over{false};
  // The part of a helper thread. If null, the record is of the whole drain of
  // the core.
  std::shared_ptr<DrainPart> part;
};

// Whether AbandonFrames ends the drain of a record. kNothing is for code that
// reports after a drain and may register as its callbacks may.
enum class WhenAbandoned { kEndDrain, kNothing };

// A drain on this thread, from its beginning to its end. If there is no memory
// for the record, other code does not know of the drain.
class DrainScope {
 public:
  DrainScope(Core* core, const finalize::Cause& cause,
             WhenAbandoned when_abandoned,
             std::shared_ptr<DrainPart> part = nullptr);
  ~DrainScope() { End(); }
  DrainScope(const DrainScope&) = delete;
  DrainScope& operator=(const DrainScope&) = delete;

  // Returns whether AbandonFrames, or another thread, has ended the drain.
  bool over() const {
    return record_.node != nullptr
               ? record()->over.load(std::memory_order_acquire)
               : was_over_;
  }
  // Ends the drain. Returns whether it was under way.
  bool End();
  // Records that a callback of the drain has failed, or that the drain has
  // missed its deadline.
  void RecordFailure() {
    if (record_.node != nullptr) {
      record()->failed.store(true, std::memory_order_relaxed);
    }
  }

 private:
  DrainRecord* record() const {
    return reinterpret_cast<DrainRecord*>(record_.node->payload());
  }

  NodeRef record_;
  bool was_over_ = false;
};

// What the callbacks of a drain, on one thread, may ask the drain.
struct DrainContext {
  finalize::Report* report;  // of this thread's part of the drain
  const finalize::DrainOptions* options;
  // The deadline of the drain or, if it is earlier, of the phase under way, in
  // nanoseconds of DrainNanos(). UINT64_MAX: none.
  uint64_t deadline;
  Core* core;
  // Whether the exact duration of each callback is needed.
  bool measured = false;
  DrainScope* scope = nullptr;  // null: failures are only in the report
  uint64_t now = 0;             // the last time read
  bool recent = false;          // nothing that takes long has run since

  bool limited() const { return deadline != UINT64_MAX; }
  // Returns `now`. Reads the clock first if `now` is not recent.
  uint64_t ReadClock() {
    return recent ? now : Remember(DrainNanosBefore(deadline));
  }
  uint64_t ReadClockExactly() { return Remember(DrainNanos()); }
  void RecordFailure() {
    if (scope != nullptr) scope->RecordFailure();
  }

 private:
  uint64_t Remember(uint64_t seen) {
    recent = true;
    return now = std::max(now, seen);
  }
};

// Returns whether a drain with these options measures its callbacks.
inline bool Measures(const finalize::DrainOptions& options) {
  return options.entries == finalize::DrainOptions::Entries::kAll ||
         options.slow != absl::InfiniteDuration();
}

// Ends every drain that began on this thread, and abandons its callbacks,
// running or suspended, so that no thread waits for them. Called in exit(),
// which does not return, and at the end of a thread. Returns whether one of the
// drains was at the end of the process and something had failed in it.
bool AbandonFrames();
// The same for another thread that will never return from a call of the C
// library.
bool AbandonFramesOf(int thread);
// Calls AbandonFrames if it is known, without the exit hook, that this thread
// is in exit(): its thread_local objects have been destroyed, and all its
// callbacks began before that.
void AbandonFramesInExit();

// Adds an entry, unless the limit on their number is reached or there is no
// memory.
void AddEntry(DrainContext* context, finalize::ReportEntry entry) noexcept;
// Adds the totals and entries of another report.
void Absorb(DrainContext* context, finalize::Report part) noexcept;

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_DRAIN_DRAIN_CONTEXT_H_
