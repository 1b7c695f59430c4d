#include "finalize/internal/core.h"

#include <sys/mman.h>

#include <new>

#include "finalize/internal/check.h"
#include "finalize/internal/lifetime_list.h"
#include "finalize/internal/slab.h"
#include "finalize/internal/thread_state.h"
#include "finalize/internal/word_wait.h"

namespace finalize_internal {
namespace {

Lane process_lanes[kLanes];
Core process_core(0, process_lanes, -1);

// Cores other than the process registry's, by id - 1, in chunks that stay.
struct PooledCore {
  explicit PooledCore(uint32_t id)
      : core(id, &lane, static_cast<int>(id % kLanes)) {}
  Lane lane;
  Core core;
};
constexpr uint32_t kChunkCores = 64;
constexpr uint32_t kChunks = 1 << 14;
std::atomic<PooledCore*> chunks[kChunks];
uint32_t made ABSL_GUARDED_BY(LockAt(kCorePoolLock)) = 0;
Core* free_cores ABSL_GUARDED_BY(LockAt(kCorePoolLock)) = nullptr;

// Makes one more core in its chunk.
Core* MakeCore() ABSL_EXCLUSIVE_LOCKS_REQUIRED(LockAt(kCorePoolLock)) {
  const uint32_t chunk = made / kChunkCores;
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
  ++made;
  return &(new (&cores[(made - 1) % kChunkCores]) PooledCore(made))->core;
}

void ReleasePhases(Lane* lane) {
  for (PhaseList* list = lane->top; list != nullptr;) {
    PhaseList* const lower = list->lower;
    if (list != &lane->zero) {
      ReleaseNode(reinterpret_cast<Node*>(list) - 1);
    }
    list = lower;
  }
  lane->Forget();
}

bool PinnedByThisThread(const Lane& lane, const Node* node) {
  for (const Pin* pin = lane.pins; pin != nullptr; pin = pin->next) {
    if (pin->node == node && pin->thread == &this_thread) return true;
  }
  return false;
}

}  // namespace

Core* ProcessCore() { return &process_core; }

Core* CoreAt(uint32_t id) {
  if (id == 0) return &process_core;
  PooledCore* chunk =
      chunks[(id - 1) / kChunkCores].load(std::memory_order_acquire);
  return &chunk[(id - 1) % kChunkCores].core;
}

Core* AcquireCore() {
  CurrentEpoch();  // sets the fork hook up
  LockHolder lock(LockAt(kCorePoolLock));
  Core* core = free_cores;
  if (core != nullptr) {
    free_cores = core->next_free;
  } else {
    core = MakeCore();
    if (core == nullptr) return nullptr;
  }
  core->epoch.store(CurrentEpoch(), std::memory_order_release);
  core->sealed.store(false, std::memory_order_relaxed);
  return core;
}

void ReleaseCore(Core* core) {
  {
    LockHolder lock(LockAt(core->only_lane));
    ReleasePhases(core->lanes);
  }
  LockHolder lock(LockAt(kCorePoolLock));
  core->next_free = free_cores;
  free_cores = core;
}

void ForgetInherited(Core* core) {
  LockHolder lock(LockAt(kCorePoolLock));
  const uint32_t epoch = CurrentEpoch();
  if (core->epoch.load(std::memory_order_relaxed) == epoch) return;
  for (int i = 0; i < (core->sharded() ? kLanes : 1); ++i) {
    core->lanes[i].Forget();
  }
  core->used_lanes.store(0, std::memory_order_relaxed);
  core->drains.store(0, std::memory_order_relaxed);
  core->closed_from.store(INT64_MAX, std::memory_order_relaxed);
  core->epoch.store(epoch, std::memory_order_release);
}

int LifetimeLaneOf(Node* node) {
  return (node->Word() & kLifetimeFlag) ? node->lifetime_link().lane : -1;
}

void ClaimLocked(Lane* lane, Node* node, NodeState to) {
  if (lane->pins != nullptr && PinnedByThisThread(*lane, node)) {
    Fatal(
        "a copy constructor of a bound argument claims the finalizer that "
        "PeekArguments() copies it from");
  }
  lane->Remove(node);
  const uint64_t word = node->Word();
  if ((word & kLifetimeFlag) && !(word & kRearmFlag)) {
    LifetimeList::Unlink(node);
  }
  if (to == kRunning) lane->PushRunning(node);
  node->word.fetch_xor(kPending ^ to, std::memory_order_acq_rel);
}

void AwaitUnpinned(Node* node) {
  if (node->Word() & kPinnedFlag) {
    WaitWhile(node, kPinnedFlag, kPinnedFlag, UINT64_MAX);
  }
}

Node* Claim(const NodeRef& ref, NodeState to) {
  if (ref.node == nullptr) return nullptr;
  Node* const node = ref.node;
  int lifetime_lane = -1;  // a guess, checked under the locks
  for (;;) {
    const uint64_t word = node->Word();
    if (!ref.Matches(word) || Node::StateOf(word) != kPending ||
        !IsOurs(node)) {
      return nullptr;
    }
    const int lane_index = Node::LaneOf(word);
    LockPair locks(lane_index, lifetime_lane >= 0 ? lifetime_lane : lane_index);
    const uint64_t now = node->Word();
    if (!ref.Matches(now) || Node::StateOf(now) != kPending) return nullptr;
    if (Node::LaneOf(now) != lane_index) continue;  // moved meanwhile
    const int needed = LifetimeLaneOf(node);
    if (needed >= 0 && needed != lane_index && needed != lifetime_lane) {
      lifetime_lane = needed;
      continue;
    }
    Core* core = CoreAt(node->core);
    ClaimLocked(&core->LaneAt(lane_index), node, to);
    break;
  }
  AwaitUnpinned(node);
  return node;
}

void FreeNode(Node* node) {
  const uint64_t word = node->Word();
  const uint64_t next =
      ((word & kGenerationMask) + (uint64_t{1} << kGenerationShift)) | kFree;
  const uint64_t old = node->word.exchange(next, std::memory_order_acq_rel);
  if (old & kWaitedFlag) WakeWaiters(node);
  ReleaseNode(node);
}

namespace {

// Makes a running node pending again, at its old place or behind the parked.
void Rearm(Lane* lane, Node* node, bool parked) {
  lane->RemoveRunning(node);
  if (parked) {
    lane->AddParked(node);
  } else {
    lane->Insert(node);
  }
  uint64_t word = node->Word();
  while (!node->word.compare_exchange_weak(
      word, (word & ~(kStateMask | kWaitedFlag)) | kPending,
      std::memory_order_acq_rel)) {
  }
  if (word & kWaitedFlag) WakeWaiters(node);
}

}  // namespace

bool Finish(Core* core, Node* node, bool failed, bool parked) {
  if (!IsOurs(node)) return false;  // a callback returns in a forked child
  uint64_t word = node->Word();
  const bool rearm = (word & kRearmFlag) != 0;
  if (!(failed && rearm)) node->ops->destroy(node->callable());
  const int lifetime_lane = rearm ? LifetimeLaneOf(node) : -1;
  for (;;) {
    const int lane_index = Node::LaneOf(word);
    LockPair locks(lane_index, lifetime_lane >= 0 ? lifetime_lane : lane_index);
    word = node->Word();
    if (Node::LaneOf(word) != lane_index) continue;
    Lane& lane = core->LaneAt(lane_index);
    const bool abandoned = Node::StateOf(word) == kAbandoned;
    if (failed && rearm && !abandoned) {
      Rearm(&lane, node, parked);
      return true;
    }
    if (!abandoned) lane.RemoveRunning(node);
    if (rearm && lifetime_lane >= 0) LifetimeList::Unlink(node);
    break;
  }
  if (failed && rearm) node->ops->destroy(node->callable());
  FreeNode(node);
  return false;
}

bool Abandon(Core* core, const NodeRef& ref) {
  const int lane_index = Node::LaneOf(ref.node->Word());
  LockHolder lock(LockAt(lane_index));
  const uint64_t word = ref.node->Word();
  if (!ref.Matches(word) || Node::StateOf(word) != kRunning) return false;
  core->LaneAt(lane_index).RemoveRunning(ref.node);
  ref.node->word.fetch_xor(kRunning ^ kAbandoned, std::memory_order_acq_rel);
  return true;
}

}  // namespace finalize_internal
