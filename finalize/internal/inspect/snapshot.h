// SPDX-License-Identifier: Apache-2.0

// Copies what is pending and running in a registry, for reports. It claims
// nothing, and no user code runs under a lock.
#ifndef FINALIZE_INTERNAL_INSPECT_SNAPSHOT_H_
#define FINALIZE_INTERNAL_INSPECT_SNAPSHOT_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "finalize/internal/node/core.h"
#include "finalize/report.h"

namespace finalize_internal {

// Returns how many finalizers are pending.
size_t CountPending(Core* core);

// What other threads can know about a running finalizer. Its arguments are not
// included, because the callback may be moving from them. The size is fixed,
// because the entry is copied under a lock.
struct RunningEntry {
  finalize::ReportEntry ToEntry(const finalize::Cause& cause) const;

  NodeRef ref;
  uint64_t start;  // in nanoseconds of DrainNanos(); 0 if unknown
  uint64_t number;
  finalize::Place place;
  int phase;
  char name[256];
};

// Fills an entry. The caller holds the lock of the node's lane.
void CopyRunning(Node* node, RunningEntry* entry);

// Calls visit(node) for each pending node of a lane, last for those that are
// set aside. The caller holds the lane's lock.
template <class Visit>
void VisitPending(const Lane& lane, Visit visit) {
  for (const PhaseList* list = lane.Top(); list != nullptr;
       list = list->lower) {
    for (Node* n = list->newest; n != nullptr; n = n->older) visit(n);
  }
  for (Node* n = lane.set_aside; n != nullptr; n = n->older) visit(n);
}

// Returns a finalizer of the registry that runs on another thread, or null.
NodeRef FirstRunning(Core* core);

// Describe any running finalizer, or a given one. They return false if there is
// none, or if it has ended.
bool DescribeAnyRunning(Core* core, RunningEntry* entry);
bool DescribeRunning(Core* core, const NodeRef& ref, RunningEntry* entry);
// The same for a handle whose registry is not known.
bool DescribeRunning(const NodeRef& ref, RunningEntry* entry);

// The finalizers that a drain did not reach, and those that still run. The
// counts are exact. The lists hold at most `limit` finalizers each, and none if
// there is no memory for them.
struct DrainLeftovers {
  std::vector<RunningEntry> running;  // except those of this thread
  std::vector<NodeRef> pending;       // including those set aside
  size_t running_count = 0;
  size_t pending_count = 0;  // except those set aside
  size_t set_aside_count = 0;
};
DrainLeftovers CollectLeftovers(Core* core, size_t limit);

// Fills an entry for a pending finalizer. Returns false if it is no longer
// pending. Sets `pending_again` to whether the drain under way has tried it.
bool DescribePending(const NodeRef& ref, const finalize::Cause& cause,
                     finalize::ReportEntry* entry, bool* pending_again);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_INSPECT_SNAPSHOT_H_
