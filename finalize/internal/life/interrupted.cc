// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/life/interrupted.h"

#include <atomic>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "finalize/internal/base/ignoring_bad_alloc.h"
#include "finalize/internal/base/lock.h"
#include "finalize/internal/life/report_failure.h"
#include "finalize/internal/life/run.h"
#include "finalize/internal/node/core.h"
#include "finalize/internal/node/fork_epoch.h"
#include "finalize/internal/node/lane.h"
#include "finalize/internal/node/process_core.h"
#include "finalize/internal/node/slab.h"
#include "finalize/internal/node/thread_state.h"

namespace finalize_internal {
namespace {

using finalize::Cause;
using finalize::ReportEntry;

constexpr int kMaxReported = 64;
// A thread that changes a lane holds the locks of two lanes at most. A thread
// that holds more is about to fork, or reads all lanes, and has changed none.
constexpr int kMaxToChange = 2;

uint64_t HeldLanes() {
  uint64_t held = 0;
  for (int i = 0; i < kLanes; ++i) {
    if (LockAt(i).HeldHere()) held |= uint64_t{1} << i;
  }
  return held;
}

void Release(int index) ABSL_NO_THREAD_SAFETY_ANALYSIS {
  LockAt(index).Release();
}

// The epoch of the process in which the lists of requests are passed over.
std::atomic<uint32_t> requests_passed_over_in{0};

// The data that these locks guard is valid at every instruction, or is dropped
// here.
bool ReleaseOthers() {
  bool any = false;
  for (const int index :
       {int{kCorePoolLock}, int{kSlabLock}, int{kReporterLock}, int{kExitLock},
        int{kObserverLock}, int{kInFlightLock}}) {
    if (!LockAt(index).HeldHere()) continue;
    any = true;
    if (index == kInFlightLock) {
      requests_passed_over_in.store(CurrentEpoch(), std::memory_order_relaxed);
    }
    Release(index);
    if (index != kSlabLock) continue;
    for (FreeNodes& free : this_thread.free) free = FreeNodes();
    ResetCentralListsAfterFork();
  }
  return any;
}

// Lets this thread register on another lane.
void ChangeLane(uint64_t held) {
  const int lane = this_thread.lane_plus_one - 1;
  if (lane < 0 || (held >> lane & 1) == 0 || held == UINT64_MAX) return;
  this_thread.lane_plus_one = __builtin_ctzll(~held) + 1;
}

void Report(Node* node, const Cause& cause) {
  ReportEntry entry = Describe(node, cause, /*spent=*/false);
  entry.outcome = ReportEntry::Outcome::kUnreached;
  entry.status = StatusOrBareCode(absl::StatusCode::kAborted, [] {
    return "exit() interrupted a change of its list";
  });
  ReportFailure(entry);
}

}  // namespace

bool PassOverHeldLocks() {
  const bool others = ReleaseOthers();
  const uint64_t held = HeldLanes() & ~LanesPassedOver();
  if (held == 0) return others;
  if (__builtin_popcountll(held) > kMaxToChange) {
    for (int i = 0; i < kLanes; ++i) {
      if (held >> i & 1) Release(i);
    }
    return true;
  }
  lanes_passed_over.fetch_or(held, std::memory_order_acq_rel);
  ChangeLane(held);
  return true;
}

bool RequestsPassedOver() {
  const uint32_t epoch =
      requests_passed_over_in.load(std::memory_order_relaxed);
  return epoch != 0 && epoch == CurrentEpoch();
}

// At every instruction the lists can be followed from newer to older. No other
// thread changes them, because the locks are held.
bool ReportPassedOver(const Cause& cause) {
  Core* const core = ProcessCore();
  int count = 0;
  for (uint64_t lanes = LanesPassedOver(); lanes != 0; lanes &= lanes - 1) {
    Lane& lane = core->LaneAt(__builtin_ctzll(lanes));
    for (PhaseList* list = lane.Top(); list != nullptr; list = list->lower) {
      for (Node* n = list->newest; n != nullptr && count < kMaxReported;
           n = n->older) {
        const uint64_t word = n->Word();
        if (!Node::Pends(word) || (word & kAtExitFlag) == 0) continue;
        ++count;
        Report(n, cause);
      }
    }
  }
  return count != 0;
}

}  // namespace finalize_internal
