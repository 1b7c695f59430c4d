// What a drain knows while it runs callbacks, and what others know of a drain.
//
// A DrainContext lies on the stack of its drain and is handed down from there.
// Nothing leads to it but the frames of the callbacks that the drain runs
// (frames.h), for those callbacks. What this thread, or another, may ask of a
// drain lies in its record, in a node's memory:
//
//               DrainScope                 ~DrainScope
//     (free) ---------------> under way ----------------> (free)
//                                 |                          ^
//                                 | AbandonFrames            |
//                                 v                          |
//                                over -----------------------+
//
//   under way  the drain goes on: its registry counts it
//   over       a callback of it is in exit(), or its thread has ended: it was
//              ended from without. Where its stack is resumed nevertheless (a
//              fibre, on another thread) it touches its registry no more.
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

// How a drain, or the part of it that a helper thread does, is ended by a
// thread that will not return to it. Behind the memory for it: not on a stack.
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
  // Set under kCorePoolLock, which guards the end of the record as well.
  std::atomic<bool> over{false};
  // Of a helper thread; null: ends the drain of the core.
  std::shared_ptr<DrainPart> part;
};

// Whether AbandonFrames ends the drain that a record stands for. kNothing: for
// code that reports after a drain and may register as its callbacks may.
enum class WhenAbandoned { kEndDrain, kNothing };

// A drain on this thread, from its beginning to its end. Without memory for the
// record nobody else knows of it.
class DrainScope {
 public:
  DrainScope(Core* core, const finalize::Cause& cause,
             WhenAbandoned when_abandoned,
             std::shared_ptr<DrainPart> part = nullptr);
  ~DrainScope() { End(); }
  DrainScope(const DrainScope&) = delete;
  DrainScope& operator=(const DrainScope&) = delete;

  // Whether it was ended from without.
  bool over() const {
    return record_.node != nullptr
               ? record()->over.load(std::memory_order_acquire)
               : was_over_;
  }
  // Ends it. Returns whether it was under way.
  bool End();
  // A callback of it has failed, or it has missed its deadline.
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

// What the callbacks of a drain, on one thread, may ask of it.
struct DrainContext {
  finalize::Report* report;  // of this thread's part of the drain
  const finalize::DrainOptions* options;
  // Nanoseconds of DrainNanos(), of the drain or, if that comes first, of the
  // phase under way; UINT64_MAX for none.
  uint64_t deadline;
  Core* core;
  // Somebody will want to know exactly how long each of its callbacks took.
  bool measured = false;
  DrainScope* scope = nullptr;  // null: a failure is noted in the report alone
  uint64_t now = 0;             // the last look at the clock
  bool recent = false;          // nothing that may take long has run since

  bool limited() const { return deadline != UINT64_MAX; }
  // Returns `now`, after another look where that is not recent.
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

// Whether a drain with these options measures its callbacks.
inline bool Measures(const finalize::DrainOptions& options) {
  return options.entries == finalize::DrainOptions::Entries::kAll ||
         options.slow != absl::InfiniteDuration();
}

// For a thread in exit(), which does not return, and at the end of a thread:
// ends every drain that began on it, and lets its callbacks go, running or
// suspended, so that nobody waits for them. Returns whether one at the end of
// the process was among those drains and something had failed in it.
bool AbandonFrames();
// The same for another thread, which is known never to return from a call of
// the C library's.
bool AbandonFramesOf(int thread);
// AbandonFrames where that is known without the exit hook: where the
// thread_locals of a thread that has registered are gone, and all its callbacks
// are older.
void AbandonFramesInExit();

// Adds an entry, within the limit on their number, and that of memory.
void AddEntry(DrainContext* context, finalize::ReportEntry entry) noexcept;
// Adds the totals and entries of another report.
void Absorb(DrainContext* context, finalize::Report part) noexcept;

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_DRAIN_DRAIN_CONTEXT_H_
