// What is pending and running in a registry, copied for reports: nothing is
// claimed, and nothing of user code runs under a lock.
#ifndef FINALIZE_INTERNAL_INSPECT_SNAPSHOT_H_
#define FINALIZE_INTERNAL_INSPECT_SNAPSHOT_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "finalize/internal/node/core.h"
#include "finalize/report.h"

namespace finalize_internal {

// How many are pending.
size_t CountPending(Core* core);

// What is known of a running finalizer from outside: not its arguments, which
// its callback may be using up. Fixed size, since it is copied under a lock.
struct RunningEntry {
  finalize::ReportEntry ToEntry(const finalize::Cause& cause) const;

  NodeRef ref;
  uint64_t start;  // in nanoseconds of DrainNanos(); 0 where it is not known
  uint64_t number;
  finalize::Place place;
  int phase;
  char name[256];
};

// For a holder of the lock of the node's lane.
void CopyRunning(Node* node, RunningEntry* entry);

// Calls visit(node) for each pending node of a lane, those set aside last. For
// a holder of the lane's lock.
template <class Visit>
void VisitPending(const Lane& lane, Visit visit) {
  for (const PhaseList* list = lane.Top(); list != nullptr;
       list = list->lower) {
    for (Node* n = list->newest; n != nullptr; n = n->older) visit(n);
  }
  for (Node* n = lane.set_aside; n != nullptr; n = n->older) visit(n);
}

// Returns a running finalizer of the registry, or null.
NodeRef FirstRunning(Core* core);

// Describes a running finalizer, or any; false if it has ended.
bool DescribeAnyRunning(Core* core, RunningEntry* entry);
bool DescribeRunning(Core* core, const NodeRef& ref, RunningEntry* entry);
// The same for a handle, which does not know its registry.
bool DescribeRunning(const NodeRef& ref, RunningEntry* entry);

// What a drain leaves. The counts are exact; of each kind at most `limit` are
// collected, or none where there is no memory for them.
struct DrainLeftovers {
  std::vector<RunningEntry> running;  // but for those of this very thread
  std::vector<NodeRef> pending;       // those set aside included
  size_t running_count = 0;
  size_t pending_count = 0;  // but for those set aside
  size_t set_aside_count = 0;
};
DrainLeftovers CollectUnreached(Core* core, size_t limit);

// Fills an entry for a pending finalizer; false if it is not pending any more.
// `pending_again` says whether the drain under way has tried it.
bool DescribePending(const NodeRef& ref, const finalize::Cause& cause,
                     finalize::ReportEntry* entry, bool* pending_again);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_INSPECT_SNAPSHOT_H_
