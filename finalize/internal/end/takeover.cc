#include "finalize/internal/end/takeover.h"

#include <algorithm>

#include "absl/time/time.h"
#include "finalize/exit_options.h"
#include "finalize/internal/base/clock.h"
#include "finalize/internal/base/ignoring_bad_alloc.h"
#include "finalize/internal/base/lock.h"
#include "finalize/internal/drain/drain_context.h"
#include "finalize/internal/end/end_state.h"
#include "finalize/internal/end/process_drain.h"
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

// How long a callback may take, as of now.
uint64_t Patience() {
  const absl::Duration asked = finalize::GetExitOptions().take_over;
  const absl::Duration patience =
      asked == absl::ZeroDuration() ? EndTimeLeft() / 2 : asked;
  return patience == absl::InfiniteDuration()
             ? UINT64_MAX
             : static_cast<uint64_t>(absl::ToInt64Nanoseconds(patience));
}

}  // namespace

Why Takeover::Look(int task, bool may_be_slow) {
  FindExitLock();
  if (SleepsInExit(task)) return Why::kSleepsInExit;
  return IsSlow() && may_be_slow ? Why::kSlow : Why::kNo;
}

bool Takeover::IsSlow() {
  const uint64_t steps = end_steps.load(std::memory_order_relaxed);
  const bool in_callback = (steps & 1) != 0;
  const uint64_t now = NowNanos();
  if (steps != steps_ || limit_ == 0) {
    steps_ = steps;
    const uint64_t patience = Patience();
    limit_ = patience < UINT64_MAX - now ? now + patience : UINT64_MAX;
  }
  return in_callback && now >= limit_;
}

uint64_t Takeover::NextNap() {
  nap_ = nap_ == 0 ? kFirstNap : std::min(2 * nap_, kMaxNap);
  return nap_;
}

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
