// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/node/core.h"

#include <sys/mman.h>

#include <new>
#include <utility>

#include "absl/base/attributes.h"
#include "finalize/internal/base/const_init_array.h"
#include "finalize/internal/node/fork_epoch.h"
#include "finalize/internal/node/process_core.h"
#include "finalize/internal/node/slab.h"
#include "finalize/internal/node/thread_state.h"

namespace finalize_internal {
namespace {

// Cores other than that of the process registry, by id - 1, in chunks that are
// never freed.
struct PooledCore {
  explicit PooledCore(uint32_t id)
      : core(id, &lane, static_cast<int>(id % kLanes)) {}
  Lane lane;
  Core core;
};
constexpr uint32_t kChunkCores = 64;
constexpr uint32_t kChunks = 1 << 14;
ABSL_CONST_INIT ConstInitArray<std::atomic<PooledCore*>, kChunks> chunks;
// Grows under kCorePoolLock, when the core is complete.
std::atomic<uint32_t> made{0};
Core* free_cores ABSL_GUARDED_BY(LockAt(kCorePoolLock)) = nullptr;

// Creates one more core in its chunk.
Core* MakeCore() ABSL_EXCLUSIVE_LOCKS_REQUIRED(LockAt(kCorePoolLock)) {
  const uint32_t index = made.load(std::memory_order_relaxed);
  const uint32_t chunk = index / kChunkCores;
  if (chunk == kChunks) return nullptr;
  PooledCore* cores = chunks[chunk].load(std::memory_order_relaxed);
  if (cores == nullptr) {
    void* memory =
        mmap(nullptr, kChunkCores * sizeof(PooledCore), PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return nullptr;
    cores = static_cast<PooledCore*>(memory);
    chunks[chunk].store(cores, std::memory_order_release);
  }
  auto* const core = new (&cores[index % kChunkCores]) PooledCore(index + 1);
  made.store(index + 1, std::memory_order_release);
  return &core->core;
}

// Clears a lane. Returns the nodes that held its phase lists, linked through
// `older`.
Node* TakePhases(Lane* lane) {
  Node* taken = nullptr;
  for (PhaseList* list = lane->Top(); list != nullptr; list = list->lower) {
    if (list == &lane->zero) continue;
    Node* const node = reinterpret_cast<Node*>(list) - 1;
    node->older = taken;
    taken = node;
  }
  lane->Clear();
  return taken;
}

}  // namespace

Core* OtherCoreAt(uint32_t id) {
  if (id == kWeakCoreId) return &weak_core;
  PooledCore* chunk =
      chunks[(id - 1) / kChunkCores].load(std::memory_order_acquire);
  return &chunk[(id - 1) % kChunkCores].core;
}

uint32_t CoreCount() { return made.load(std::memory_order_acquire) + 1; }

Core* AcquireCore() {
  EnsureCurrent(ProcessCore());  // this process uses the library; fork hook
  LockHolder lock(LockAt(kCorePoolLock));
  Core* core = free_cores;
  if (core != nullptr) {
    free_cores = core->next_free;
  } else {
    core = MakeCore();
    if (core == nullptr) return nullptr;
  }
  if (core->epoch.load(std::memory_order_relaxed) != CurrentEpoch()) {
    core->lanes->ResetAfterFork();
  }
  core->counted_before = core->lanes->counts;
  core->epoch.store(CurrentEpoch(), std::memory_order_release);
  core->sealed.store(false, std::memory_order_relaxed);
  return core;
}

void ReleaseCore(Core* core) {
  Node* phases;
  {
    LockHolder lock(LockAt(core->only_lane));
    phases = TakePhases(core->lanes);
  }
  while (phases != nullptr) {
    ReleaseNode(std::exchange(phases, phases->older));
  }
  LockHolder lock(LockAt(kCorePoolLock));
  core->next_free = free_cores;
  free_cores = core;
}

void ResetAfterFork(Core* core) {
  LockHolder lock(LockAt(kCorePoolLock));
  const uint32_t epoch = CurrentEpoch();
  const uint32_t inherited = core->epoch.load(std::memory_order_relaxed);
  if (inherited == epoch) return;
  ForbidAdopting(inherited);
  for (int i = 0; i < (core->sharded() ? kLanes : 1); ++i) {
    core->lanes[i].ResetAfterFork();
  }
  const uint64_t inherited_before = core->counted_before.inherited;
  core->counted_before = Counts();
  core->counted_before.inherited = inherited_before;
  core->used_lanes.store(0, std::memory_order_relaxed);
  core->drains.store(0, std::memory_order_relaxed);
  core->closed_from.store(INT64_MAX, std::memory_order_relaxed);
  core->epoch.store(epoch, std::memory_order_release);
}

}  // namespace finalize_internal
