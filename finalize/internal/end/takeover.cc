// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/end/takeover.h"

#include <algorithm>
#include <cstdint>

#include "absl/time/time.h"
#include "finalize/internal/base/clock.h"
#include "finalize/internal/base/ignoring_bad_alloc.h"
#include "finalize/internal/base/lock.h"
#include "finalize/internal/drain/drain_context.h"
#include "finalize/internal/end/current_exit_options.h"
#include "finalize/internal/end/end_deadline.h"
#include "finalize/internal/end/end_state.h"
#include "finalize/internal/inspect/snapshot.h"
#include "finalize/internal/life/end_door.h"
#include "finalize/internal/life/report_failure.h"
#include "finalize/internal/node/core.h"
#include "finalize/internal/node/frames.h"
#include "finalize/internal/node/lane.h"
#include "finalize/internal/node/process_core.h"
#include "finalize/internal/system/exit_lock.h"

namespace finalize_internal {
namespace {

constexpr uint64_t kFirstNap = 1000000;
constexpr uint64_t kMaxNap = 50000000;

enum class Why {
  kNo,
  kSleepsInExit,  // the callback never returns
  kSlow,          // it may return
};

// What a thread that stands by knows of the drain. Confined to one thread.
class Takeover {
 public:
  // Looks at the drain. A slow callback counts only if the process comes to a
  // signal or to std::terminate().
  Why Look(const DrainView& view);
  // Returns for how many nanoseconds to sleep before the next look.
  uint64_t NextNap();

 private:
  bool IsSlow(const DrainView& view);

  uint64_t steps_ = 0;  // as of the last look
  uint64_t limit_ = 0;  // when the callback of that step is slow
  uint64_t nap_ = 0;
};

// How long a callback may take, as of now.
uint64_t Patience() {
  const absl::Duration asked = CurrentExitOptions().take_over;
  return ToNanos(asked == absl::ZeroDuration() ? EndTimeLeft() * 2 / 3 : asked);
}

Why Takeover::Look(const DrainView& view) {
  FindExitLock();
  if (SleepsInExit(view.task)) return Why::kSleepsInExit;
  return IsSlow(view) && view.above_exit ? Why::kSlow : Why::kNo;
}

bool Takeover::IsSlow(const DrainView& view) {
  const uint64_t now = NowNanos();
  if (view.steps != steps_ || limit_ == 0) {
    steps_ = view.steps;
    const uint64_t patience = Patience();
    limit_ = patience < UINT64_MAX - now ? now + patience : UINT64_MAX;
  }
  return InEndCallback(view.steps) && now >= limit_;
}

uint64_t Takeover::NextNap() {
  nap_ = nap_ == 0 ? kFirstNap : std::min(2 * nap_, kMaxNap);
  return nap_;
}

// Releases what thread `task`, which sleeps in exit() permanently, was running,
// and reports its callbacks in the process registry as still running.
void AbandonSleeper(int task, const finalize::Cause& cause) {
  constexpr int kMax = 4;  // they are nested
  RunningEntry running[kMax] = {};
  int count = 0;
  VisitLanes(ProcessCore(), [&](Lane& lane, int) {
    for (Node* n = lane.running; n != nullptr && count < kMax; n = n->older) {
      if (RunnerOf(n) == task) CopyRunning(n, &running[count++]);
    }
  });
  AbandonFramesOf(task);
  for (int i = 0; i < count; ++i) {
    IgnoringBadAlloc([&] {
      finalize::ReportEntry entry = running[i].ToEntry(cause);
      entry.status = absl::AbortedError(
          "it called exit(), which another thread had called before");
      ReportFailure(entry);
    });
  }
}

}  // namespace

// It counts as blocked only from Block() on: a thread that takes over ends the
// process, and the guard does not watch what that takes.
void StandBy() {
  AbandonFrames();
  Takeover takeover;
  for (DrainView view = ViewDrain(); view.under_way; view = ViewDrain()) {
    const Why why = takeover.Look(view);
    if (why != Why::kNo && TakeDrain(view)) {
      if (why == Why::kSleepsInExit) AbandonSleeper(view.task, view.end);
      return;
    }
    AwaitChange(view, takeover.NextNap());
  }
  Block();
}

bool AbandonIfAsleep(const NodeRef& ref) {
  if (!IsAnyInExit()) return false;
  int task = 0;
  {
    const uint64_t word = ref.node->Word();
    LockHolder lock(LockAt(Node::LaneOf(word)));
    if (ref.node->Word() == word && ref.Matches(word))
      task = RunnerOf(ref.node);
  }
  if (task == 0) return false;
  FindExitLock();
  if (!SleepsInExit(task)) return false;
  AbandonFramesOf(task);
  return true;
}

}  // namespace finalize_internal
