// What a registry, or every one of them, holds and has done: the numbers behind
// inspect.h. Copied under the lanes' locks, evaluated without.
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
// first, and for the callbacks of weak references. A core that no registry has
// at the moment is empty.
template <class Visit>
void VisitRegistries(Visit visit) {
  VisitCores(CoreCount(), [&](Core* core) {
    EnsureCurrent(core);
    visit(core);
  });
}

// A pending finalizer, as it was. The file's name lives as long as its module.
struct PendingEntry {
  NodeRef ref;
  uint64_t sequence;
  finalize::Place place;
};

// Adds what is pending, in no order.
void AddPending(Core* core, std::vector<PendingEntry>* pending);

// Adds what is running, that on this thread included.
void AddRunning(Core* core, std::vector<RunningEntry>* running);

// Adds what has happened in the registry, or, where `ever`, on its lanes: in
// the registries that had them before as well.
void AddCounts(Core* core, bool ever, Counts* counts);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_INSPECT_REGISTRY_STATS_H_
