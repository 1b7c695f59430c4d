#include "finalize/internal/registration.h"

#include <cstring>
#include <string>

#include "finalize/internal/clock.h"
#include "finalize/internal/core.h"
#include "finalize/internal/lifetime_list.h"
#include "finalize/internal/process_exit.h"
#include "finalize/internal/refusal.h"
#include "finalize/internal/run.h"
#include "finalize/internal/slab.h"

namespace finalize_internal {
namespace {

constexpr size_t kLongestName = 255;

std::string_view NameOf(const Request& request) {
  return request.options->name().substr(0, kLongestName);
}

void Fill(const Request& request, Node* node, Invocation invocation) {
  const finalize::Options& options = *request.options;
  node->core = request.core->id;
  node->epoch.store(CurrentEpoch(), std::memory_order_relaxed);
  node->file = options.place().file;
  node->line = options.place().line;
  node->phase = options.phase();
  uint64_t flags = options.at_exit() ? kAtExitFlag : 0;
  if (request.lifetime != nullptr) flags |= kLifetimeFlag;
  if (invocation == Invocation::kRepeatable) flags |= kRearmFlag;
  const std::string_view name = NameOf(request);
  if (!name.empty()) flags |= kNamedFlag;
  // In state kFree still: no handle to this generation exists.
  node->word.store(node->Word() | flags, std::memory_order_relaxed);
  if (!name.empty()) {
    memcpy(node->name_storage(), name.data(), name.size());
    node->name_storage()[name.size()] = '\0';
  }
}

// Whether the registry takes a registration of this thread. For a holder of
// the lane's lock: a drain that closes a phase looks at the lane later.
Refusal Closed(Core* core, int phase) {
  if (core->sealed.load(std::memory_order_acquire)) return Refusal::kSealed;
  if (phase >= core->closed_from.load(std::memory_order_acquire) &&
      !RunsCallbackOf(core)) {
    return Refusal::kClosed;
  }
  return Refusal::kNone;
}

// Links a filled node. `spare` is memory for a phase's list, if one is needed;
// null to try without. Returns false where it is needed.
bool Link(const Request& request, Node* node, Node** spare, Refusal* refusal) {
  Core* const core = request.core;
  const int lifetime_lane =
      request.lifetime != nullptr ? request.lifetime->lane : -1;
  const int index = core->LaneFor(lifetime_lane);
  LockPair locks(index, lifetime_lane >= 0 ? lifetime_lane : index);
  *refusal = Closed(core, node->phase);
  if (*refusal != Refusal::kNone) return true;
  Lane& lane = core->LaneAt(index);
  PhaseList* list = lane.FindPhase(node->phase);
  if (list == nullptr) {
    if (*spare == nullptr) return false;
    list = lane.AddPhase(node->phase, std::exchange(*spare, nullptr));
  }
  node->sequence = NowNanos();
  if (list->newest != nullptr && list->newest->sequence > node->sequence) {
    node->sequence = list->newest->sequence;
  }
  lane.Push(list, node);
  if (request.lifetime != nullptr) request.lifetime->Link(node);
  const uint64_t bit = uint64_t{1} << index;
  if ((core->used_lanes.load(std::memory_order_relaxed) & bit) == 0) {
    core->used_lanes.fetch_or(bit, std::memory_order_acq_rel);
  }
  if (core->drains.load(std::memory_order_acquire) != 0) {
    core->changes.fetch_add(1, std::memory_order_acq_rel);
  }
  const uint64_t word = node->Word();
  node->word.store(
      word | kPending | (static_cast<uint64_t>(index) << kLaneShift),
      std::memory_order_release);
  return true;
}

Refusal LinkWithPhase(const Request& request, Node* node) {
  Refusal refusal = Refusal::kNone;
  Node* spare = nullptr;
  if (!Link(request, node, &spare, &refusal)) {
    spare = AcquireNode(sizeof(Node) + sizeof(PhaseList));
    if (spare == nullptr) return Refusal::kNoMemory;
    Link(request, node, &spare, &refusal);
    if (spare != nullptr) ReleaseNode(spare);
  }
  return refusal;
}

}  // namespace

Node* Allocate(const Request& request, const CallbackOps& ops) {
  const size_t name = NameOf(request).size();
  return AcquireNode(
      sizeof(Node) +
      Node::CallableOffset(request.lifetime != nullptr, ops.alignment) +
      ops.size + (name != 0 ? name + 1 : 0));
}

void Abort(Node* node) { ReleaseNode(node); }

NodeRef Publish(const Request& request, Node* node, Invocation invocation) {
  EnsureCurrent(request.core);
  Fill(request, node, invocation);
  const uint64_t generation = node->Word() & kGenerationMask;
  const Refusal refusal = request.core->sharded() && !ArmExitHook()
                              ? Refusal::kPastExit
                              : LinkWithPhase(request, node);
  if (refusal == Refusal::kNone) return {node, generation};
  RefuseBuilt(request, node, refusal);
  return NodeRef();
}

}  // namespace finalize_internal
