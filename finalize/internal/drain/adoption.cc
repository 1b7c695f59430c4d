// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/drain/adoption.h"

#include <atomic>
#include <vector>

#include "finalize/internal/base/all_lanes.h"
#include "finalize/internal/base/ignoring_bad_alloc.h"
#include "finalize/internal/inspect/snapshot.h"
#include "finalize/internal/life/end_door.h"
#include "finalize/internal/life/lifetime_list.h"
#include "finalize/internal/life/report_failure.h"
#include "finalize/internal/node/core.h"
#include "finalize/internal/node/process_core.h"
#include "finalize/internal/node/thread_state.h"

namespace finalize_internal {
namespace {

constexpr size_t kMaxReported = 64;

// The first epoch that the process of epoch adopted_in adopted from.
std::atomic<uint32_t> adopted_from{0};
std::atomic<uint32_t> adopted_in{0};

// A pin names its thread. The pins of this thread stay; the others are dropped.
void DropPins(Lane* lane) {
  for (Pin* pin = lane->pins; pin != nullptr; pin = pin->next) {
    pin->node->SetWord(pin->node->Word() & ~kPinnedFlag);
  }
  for (Pin** at = &lane->pins; *at != nullptr;) {
    if ((*at)->thread == &this_thread) {
      (*at)->node->SetWord((*at)->node->Word() | kPinnedFlag);
      at = &(*at)->next;
    } else {
      *at = (*at)->next;
    }
  }
}

// Callbacks that ran at the fork belong to threads of the parent, or are on
// this stack. In this process nothing finishes them.
void DropRunning(Lane* lane) {
  for (Node* node = lane->running; node != nullptr; node = node->older) {
    if (node->Word() & kLifetimeFlag) LifetimeList::Unlink(node);
  }
  lane->running = nullptr;
}

size_t AdoptLane(Lane* lane, uint32_t epoch) {
  DropPins(lane);
  DropRunning(lane);
  if (lane->set_aside != nullptr) lane->ReturnSetAside();
  for (PhaseList* list = lane->Top(); list != nullptr; list = list->lower) {
    for (Node* node = list->newest; node != nullptr; node = node->older) {
      node->epoch.store(epoch, std::memory_order_relaxed);
    }
  }
  return lane->pending;
}

size_t AdoptCore(Core* core, uint32_t epoch) {
  size_t count = 0;
  for (uint64_t used = core->UsedLanes(); used != 0; used &= used - 1) {
    count += AdoptLane(&core->LaneAt(__builtin_ctzll(used)), epoch);
  }
  core->drains.store(0, std::memory_order_relaxed);
  core->closed_from.store(INT64_MAX, std::memory_order_relaxed);
  core->epoch.store(epoch, std::memory_order_release);
  return count;
}

// Returns the first epoch whose entries belong to the owner of the process
// registry.
uint32_t OldestOf(uint32_t owner) {
  return adopted_in.load(std::memory_order_relaxed) == owner
             ? adopted_from.load(std::memory_order_relaxed)
             : owner;
}

template <class Visit>
void VisitInherited(uint32_t count, uint32_t from, uint32_t epoch,
                    Visit visit) {
  VisitCores(count, [&](Core* core) {
    const uint32_t inherited = core->epoch.load(std::memory_order_acquire);
    if (inherited >= from && inherited != epoch) visit(core);
  });
}

void ReportRunning(const DrainLeftovers& left) {
  for (const RunningEntry& running : left.running) {
    finalize::ReportEntry entry =
        running.ToEntry(finalize::Cause::Kind::kDrain);
    entry.outcome = finalize::ReportEntry::Outcome::kUnreached;
    entry.status =
        absl::UnavailableError("was running in the parent at the fork");
    ReportFailure(entry);
  }
}

}  // namespace

Adoption AdoptInherited(size_t* count) {
  *count = 0;
  const uint32_t epoch = CurrentEpoch();
  const uint32_t owner = ProcessCore()->epoch.load(std::memory_order_acquire);
  if (owner == 0) return Adoption::kDone;
  if (owner == epoch) return Adoption::kNothingInherited;
  if (owner <= LastEpochForkedWithoutHook())
    return Adoption::kForkedWithoutHook;
  if (owner <= NewestUnadoptableEpoch()) return Adoption::kUnadoptable;
  if (ArmExitHook() != Refusal::kNone) return Adoption::kNoExitHook;
  const uint32_t from = OldestOf(owner);
  const uint32_t cores = CoreCount();
  std::vector<DrainLeftovers> left;
  // Without memory nothing is reported, and everything else still happens.
  IgnoringBadAlloc([&] {
    VisitInherited(cores, from, epoch, [&](Core* core) {
      left.push_back(CollectLeftovers(core, kMaxReported));
    });
  });
  {
    AllLanes locks;
    VisitInherited(cores, from, epoch,
                   [&](Core* core) { *count += AdoptCore(core, epoch); });
    adopted_from.store(from, std::memory_order_relaxed);
    adopted_in.store(epoch, std::memory_order_release);
  }
  for (const DrainLeftovers& of_core : left)
    IgnoringBadAlloc([&] { ReportRunning(of_core); });
  return Adoption::kDone;
}

uint32_t UseEpoch() {
  EnsureCurrent(ProcessCore());
  return CurrentEpoch();
}

bool IsOwnEpoch(uint32_t epoch) {
  const uint32_t current = CurrentEpoch();
  return epoch == current ||
         (adopted_in.load(std::memory_order_acquire) == current &&
          epoch < current &&
          epoch >= adopted_from.load(std::memory_order_relaxed));
}

}  // namespace finalize_internal
