// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/inspect/snapshot.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "finalize/internal/base/drain_clock.h"
#include "finalize/internal/base/ignoring_bad_alloc.h"
#include "finalize/internal/inspect/finalizer_ops.h"
#include "finalize/internal/inspect/pin.h"
#include "finalize/internal/life/claim.h"
#include "finalize/internal/life/observed_run.h"
#include "finalize/internal/life/run.h"
#include "finalize/internal/life/spent.h"
#include "finalize/internal/node/frames.h"
#include "finalize/internal/node/slab.h"
#include "finalize/internal/node/thread_state.h"

namespace finalize_internal {

void CopyRunning(Node* node, RunningEntry* entry) {
  entry->ref = RefTo(node);
  entry->start = RunStartOf(node);
  entry->number = NodeNumber(node);
  entry->place = node->place();
  entry->phase = node->phase;
  const std::string_view name = node->name();
  if (!name.empty()) memcpy(entry->name, name.data(), name.size());
  entry->name[name.size()] = '\0';
}

size_t CountPending(Core* core) {
  EnsureCurrent(core);
  size_t count = 0;
  VisitLanes(core, [&](Lane& lane, int) { count += lane.pending; });
  return count;
}

NodeRef FirstRunning(Core* core) {
  NodeRef found;
  VisitLanes(core, [&](Lane& lane, int) {
    for (Node* n = lane.running; n != nullptr; n = n->older) {
      // Skips a callback at which this thread peeks: it starts only when the
      // peek has ended.
      if (found.node == nullptr && !RunsOnThisThread(n) &&
          !PinnedByThisThread(lane, n)) {
        found = RefTo(n);
      }
    }
  });
  return found;
}

bool DescribeRunning(Core* core, const NodeRef& ref, RunningEntry* entry) {
  bool found = false;
  VisitLanes(core, [&](Lane& lane, int) {
    for (Node* n = lane.running; n != nullptr && !found; n = n->older) {
      if (RefTo(n) == ref) {
        CopyRunning(n, entry);
        found = true;
      }
    }
  });
  return found;
}

bool DescribeRunning(const NodeRef& ref, RunningEntry* entry) {
  if (!IsRunning(ref)) return false;
  // A running node stays on its lane, and is freed under the lock of that lane.
  LockHolder lock(LockAt(Node::LaneOf(ref.node->Word())));
  if (!IsRunning(ref)) return false;
  CopyRunning(ref.node, entry);
  return true;
}

bool DescribeAnyRunning(Core* core, RunningEntry* entry) {
  bool found = false;
  VisitLanes(core, [&](Lane& lane, int) {
    if (lane.running == nullptr || found) return;
    CopyRunning(lane.running, entry);
    found = true;
  });
  return found;
}

DrainLeftovers CollectLeftovers(Core* core, size_t limit) {
  DrainLeftovers left;
  VisitLanes(core, [&](Lane& lane, int) {
    for (Node* n = lane.running; n != nullptr; n = n->older) {
      if (!RunsOnThisThread(n)) ++left.running_count;
    }
    for (Node* n = lane.set_aside; n != nullptr; n = n->older) {
      ++left.set_aside_count;
    }
    left.pending_count += lane.pending;
  });
  left.pending_count -= left.set_aside_count;
  if (left.running_count + left.set_aside_count + left.pending_count == 0) {
    return left;
  }
  IgnoringBadAlloc([&] {
    left.running.reserve(std::min(limit, left.running_count));
    left.pending.reserve(
        std::min(limit, left.set_aside_count + left.pending_count));
  });
  VisitLanes(core, [&](Lane& lane, int) {
    for (Node* n = lane.running; n != nullptr; n = n->older) {
      if (RunsOnThisThread(n)) continue;
      if (left.running.size() == left.running.capacity()) break;
      left.running.emplace_back();
      CopyRunning(n, &left.running.back());
    }
    VisitPending(lane, [&](Node* n) {
      if (left.pending.size() < left.pending.capacity()) {
        left.pending.push_back(RefTo(n));
      }
    });
  });
  return left;
}

finalize::ReportEntry RunningEntry::ToEntry(
    const finalize::Cause& cause) const {
  finalize::ReportEntry entry;
  entry.number = number;
  entry.name = name;
  entry.place = place;
  entry.phase = phase;
  entry.cause = cause;
  entry.outcome = finalize::ReportEntry::Outcome::kRunning;
  if (start != 0) {
    entry.duration =
        absl::Nanoseconds(static_cast<int64_t>(DrainNanos() - start));
  }
  return entry;
}

bool DescribePending(const NodeRef& ref, const finalize::Cause& cause,
                     finalize::ReportEntry* entry, bool* pending_again) {
  PinHolder pin(ref);
  if (pin.node() == nullptr) return false;
  *entry = Describe(pin.node(), cause, /*spent=*/false);
  *pending_again = Node::StateOf(pin.node()->Word()) == kTried;
  return true;
}

}  // namespace finalize_internal
