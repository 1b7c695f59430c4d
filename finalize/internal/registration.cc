#include "finalize/internal/registration.h"

#include <cstring>
#include <string>

#include "finalize/internal/core.h"
#include "finalize/internal/drain.h"
#include "finalize/internal/lifetime_list.h"
#include "finalize/internal/process_exit.h"
#include "finalize/internal/refusal.h"
#include "finalize/internal/run.h"
#include "finalize/internal/sequence.h"
#include "finalize/internal/slab.h"

namespace finalize_internal {
namespace {

constexpr size_t kLongestName = 255;

std::string_view NameOf(const Request& request) {
  return request.options->name().substr(0, kLongestName);
}

// Fills everything but what depends on the lane. The node is in state kFree
// still: no handle to this generation exists.
void Fill(const Request& request, Node* node, Invocation invocation,
          uint32_t epoch) {
  const finalize::Options& options = *request.options;
  node->core = request.core->id;
  node->epoch.store(epoch, std::memory_order_relaxed);
  node->file = options.place().file;
  node->line = options.place().line;
  node->phase = options.phase();
  uint64_t word = node->word.load(std::memory_order_relaxed);
  if (options.at_exit()) word |= kAtExitFlag;
  if (request.lifetime != nullptr) word |= kLifetimeFlag;
  if (invocation == Invocation::kRepeatable) word |= kRearmFlag;
  if (!options.name().empty()) word |= kNamedFlag;
  node->word.store(word, std::memory_order_relaxed);
  if (word & kNamedFlag) {
    const std::string_view name = NameOf(request);
    memcpy(node->name_storage(), name.data(), name.size());
    node->name_storage()[name.size()] = '\0';
  }
}

// Whether the registry takes a registration of this thread. For a holder of
// the lane's lock, who has put the lane in use: a drain that closes a phase
// looks at the lane later.
Refusal Closed(Core* core, int phase) {
  if (core->sealed.load(std::memory_order_acquire)) return Refusal::kSealed;
  if (phase >= core->closed_from.load(std::memory_order_seq_cst) &&
      !RunsCallbackOf(core) && !DrainsOnThisThread(core)) {
    return Refusal::kClosed;
  }
  return Refusal::kNone;
}

// Links a filled node, for a holder of the locks of its lane and lifetime.
void LinkLocked(const Request& request, Lane* lane, PhaseList* list, int index,
                Node* node) {
  Core* const core = request.core;
  node->sequence.store(NextSequence(index), std::memory_order_relaxed);
  lane->Push(list, node);
  if (request.lifetime != nullptr) request.lifetime->Link(node);
  if (core->drains.load(std::memory_order_acquire) != 0) {
    core->changes.fetch_add(1, std::memory_order_acq_rel);
  }
  const uint64_t word = node->word.load(std::memory_order_relaxed);
  node->word.store(
      word | kPending | (static_cast<uint64_t>(index) << kLaneShift),
      std::memory_order_release);
}

enum class Linked { kYes, kNo, kNeedsPhase };

// Links a filled node. `spare` is memory for the list of its phase, which is
// taken if it is needed; null to try without.
Linked Link(const Request& request, Node* node, Node** spare,
            Refusal* refusal) {
  const int lifetime_lane =
      request.lifetime != nullptr ? request.lifetime->lane : -1;
  const int index = request.core->LaneFor(lifetime_lane);
  LockPair locks(index, lifetime_lane >= 0 ? lifetime_lane : index);
  request.core->UseLane(index);
  *refusal = Closed(request.core, node->phase);
  if (*refusal != Refusal::kNone) return Linked::kNo;
  Lane& lane = request.core->LaneAt(index);
  PhaseList* list = lane.FindPhase(node->phase);
  if (list == nullptr) {
    if (*spare == nullptr) return Linked::kNeedsPhase;
    list = lane.AddPhase(node->phase, std::exchange(*spare, nullptr));
  }
  LinkLocked(request, &lane, list, index, node);
  return Linked::kYes;
}

Refusal LinkWithPhase(const Request& request, Node* node) {
  Refusal refusal = Refusal::kNone;
  Node* spare = nullptr;
  if (Link(request, node, &spare, &refusal) == Linked::kNeedsPhase) {
    spare = AcquireNode(sizeof(Node) + sizeof(PhaseList));
    if (spare == nullptr) return Refusal::kNoMemory;
    Link(request, node, &spare, &refusal);
    if (spare != nullptr) ReleaseNode(spare);
  }
  return refusal;
}

}  // namespace

Node* Allocate(const Request& request, const CallbackOps& ops) {
  size_t bytes =
      sizeof(Node) +
      Node::CallableOffset(request.lifetime != nullptr, ops.alignment) +
      ops.size;
  if (!request.options->name().empty()) bytes += NameOf(request).size() + 1;
  return AcquireNode(bytes);
}

void Abort(Node* node) { ReleaseNode(node); }

NodeRef Publish(const Request& request, Node* node, Invocation invocation) {
  if (ShouldOwnSequence()) TryToOwnSequence();
  const uint32_t epoch = CurrentEpoch();
  if (request.core->epoch.load(std::memory_order_acquire) != epoch) {
    ForgetInherited(request.core);
  }
  const NodeRef ref = {
      node, node->word.load(std::memory_order_relaxed) & kGenerationMask};
  Fill(request, node, invocation, epoch);
  Refusal refusal = LinkWithPhase(request, node);
  if (refusal == Refusal::kNone) {
    // Armed once it is linked: an exit drain that ends in between sees either
    // the finalizer or the hook. Where there is none to be had, it is taken
    // back, unless something has run it.
    if (request.core == ProcessCore()) refusal = ArmExitHook();
    if (refusal == Refusal::kNone) return ref;
    if (Claim(ref, kDetached) == nullptr) return ref;
  }
  RefuseBuilt(request, node, refusal);
  return NodeRef();
}

}  // namespace finalize_internal
