// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/inspect/registry_stats.h"

#include "finalize/internal/inspect/snapshot.h"

namespace finalize_internal {
namespace {

// Adds to `out` one element for each node that `visit_lane` visits, copied by
// `copy`. Nothing is allocated under a lock: if the room is not enough, it
// begins again with more.
template <class T, class VisitLane, class Copy>
void AddCopies(Core* core, std::vector<T>* out, size_t expected,
               VisitLane visit_lane, Copy copy) {
  const size_t old_size = out->size();
  for (size_t room = expected + 16;; room *= 2) {
    out->reserve(old_size + room);
    bool fits = true;
    VisitLanes(core, [&](Lane& lane, int) {
      visit_lane(lane, [&](Node* node) {
        if (out->size() == out->capacity()) {
          fits = false;
        } else {
          out->emplace_back();
          copy(node, &out->back());
        }
      });
    });
    if (fits) return;
    out->resize(old_size);
  }
}

void AddDifference(const Counts& now, const Counts& before, Counts* counts) {
  counts->registered += now.registered - before.registered;
  counts->runs += now.runs - before.runs;
  counts->detached += now.detached - before.detached;
  counts->failed += now.failed - before.failed;
  counts->inherited += now.inherited - before.inherited;
}

}  // namespace

void AddPending(Core* core, std::vector<PendingEntry>* pending) {
  const size_t expected = CountPending(core);
  if (expected == 0) return;
  AddCopies(
      core, pending, expected,
      [](const Lane& lane, auto visit) { VisitPending(lane, visit); },
      [](Node* node, PendingEntry* entry) {
        *entry = {RefTo(node), node->Sequence(), node->place()};
      });
}

void AddRunning(Core* core, std::vector<RunningEntry>* running) {
  bool any = false;
  VisitLanes(core, [&](Lane& lane, int) { any |= lane.running != nullptr; });
  if (!any) return;
  AddCopies(
      core, running, 0,
      [](const Lane& lane, auto visit) {
        for (Node* n = lane.running; n != nullptr; n = n->older) visit(n);
      },
      [](Node* node, RunningEntry* entry) { CopyRunning(node, entry); });
}

void AddCounts(Core* core, bool ever, Counts* counts) {
  // Includes lanes that are not in use, because their counts may be inherited.
  const int first = core->sharded() ? 0 : core->only_lane;
  const int last = core->sharded() ? kLanes - 1 : core->only_lane;
  for (int index = first; index <= last; ++index) {
    LockHolder lock(LockAt(index));
    AddDifference(core->LaneAt(index).counts,
                  ever ? Counts() : core->counted_before, counts);
  }
}

}  // namespace finalize_internal
