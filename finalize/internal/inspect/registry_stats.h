// SPDX-License-Identifier: Apache-2.0

// Collects what a registry, or every registry, holds and has done: the numbers
// behind inspect.h. They are copied under the lanes' locks and evaluated
// without a lock.
#ifndef FINALIZE_INTERNAL_INSPECT_REGISTRY_STATS_H_
#define FINALIZE_INTERNAL_INSPECT_REGISTRY_STATS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "finalize/internal/inspect/snapshot.h"
#include "finalize/internal/node/core.h"
#include "finalize/options.h"

namespace finalize_internal {

// Calls visit(core) for each registry of this process, the process registry
// first, and for the core of the callbacks of weak references. A core that
// belongs to no registry at the moment is empty.
template <class Visit>
void VisitRegistries(Visit visit) {
  VisitCores(CoreCount(), [&](Core* core) {
    EnsureCurrent(core);
    visit(core);
  });
}

// A copy of some fields of a pending finalizer. The file name is valid as long
// as its module is loaded.
struct PendingEntry {
  NodeRef ref;
  uint64_t sequence;
  finalize::Place place;
};

// Adds the pending finalizers, in no order.
void AddPending(Core* core, std::vector<PendingEntry>* pending);

// Adds the running finalizers, including those of this thread.
void AddRunning(Core* core, std::vector<RunningEntry>* running);

// Adds the counts of the registry. If `ever`, adds all counts of its lanes,
// which include registries that had these lanes before.
void AddCounts(Core* core, bool ever, Counts* counts);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_INSPECT_REGISTRY_STATS_H_
