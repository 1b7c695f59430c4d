// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/life/registration.h"

#include <cstring>
#include <string>

#include "absl/base/attributes.h"
#include "finalize/internal/life/claim.h"
#include "finalize/internal/life/end_door.h"
#include "finalize/internal/life/lifetime_list.h"
#include "finalize/internal/life/refusal.h"
#include "finalize/internal/node/core.h"
#include "finalize/internal/node/frames.h"
#include "finalize/internal/node/process_core.h"
#include "finalize/internal/node/sequence.h"
#include "finalize/internal/node/slab.h"

namespace finalize_internal {
namespace {

constexpr size_t kMaxNameLength = 255;

std::string_view NameOf(const Request& request) {
  return request.options->name().substr(0, kMaxNameLength);
}

uint64_t FlagsFor(const Request& request, Invocation invocation) {
  uint64_t flags = 0;
  if (request.options->at_exit()) flags |= kAtExitFlag;
  if (request.lifetime != nullptr) flags |= kLifetimeFlag;
  if (invocation == Invocation::kRetryable) flags |= kRetryableFlag;
  if (!request.options->name().empty()) flags |= kNamedFlag;
  return flags;
}

void CopyName(std::string_view name, Node* node) {
  memcpy(node->name_storage(), name.data(), name.size());
  node->name_storage()[name.size()] = '\0';
}

// Fills every field except those that depend on the lane. The node is still in
// state kFree: no handle to this generation exists.
inline void Fill(const Request& request, Node* node, Invocation invocation,
                 uint32_t epoch) {
  const finalize::Options& options = *request.options;
  node->core = request.core->id;
  node->epoch.store(epoch, std::memory_order_relaxed);
  node->file = options.place().file;
  node->line = options.place().line;
  node->phase = options.phase();
  const uint64_t flags = FlagsFor(request, invocation);
  node->word.store(node->word.load(std::memory_order_relaxed) | flags,
                   std::memory_order_relaxed);
  if (flags & kNamedFlag) CopyName(NameOf(request), node);
}

// Returns why the registry refuses a registration of this thread, or kNone. The
// caller holds the lane's lock and has put the lane in use, so that a drain
// that closes a phase reads the lane later.
inline Refusal Closed(Core* core, int phase) {
  if (core->sealed.load(std::memory_order_acquire)) return Refusal::kSealed;
  if (phase >= core->closed_from.load(std::memory_order_seq_cst) &&
      !RunsCallbackOf(core) && !DrainsOnThisThread(core)) {
    return Refusal::kClosed;
  }
  return Refusal::kNone;
}

// Links a filled node. The caller holds the locks of its lane and lifetime.
// `list` is the list of its phase.
ABSL_ATTRIBUTE_ALWAYS_INLINE inline Refusal LinkLocked(const Request& request,
                                                       int index, Lane* lane,
                                                       PhaseList* list,
                                                       Node* node) {
  Core* const core = request.core;
  core->UseLane(index);
  const Refusal refusal = Closed(core, node->phase);
  if (refusal != Refusal::kNone) return refusal;
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
  return Refusal::kNone;
}

// Links a node if its phase has a list. Otherwise takes `spare` as memory for
// the list, and returns false if `spare` is null.
bool LinkInPhase(const Request& request, Node* node, Node** spare,
                 Refusal* refusal) {
  const int lifetime_lane =
      request.lifetime != nullptr ? request.lifetime->lane : -1;
  const int index = request.core->LaneFor(lifetime_lane);
  LockPair locks(index, lifetime_lane >= 0 ? lifetime_lane : index);
  Lane& lane = request.core->LaneAt(index);
  PhaseList* list = lane.FindPhase(node->phase);
  if (list == nullptr) {
    if (*spare == nullptr) return false;
    list = lane.AddPhase(node->phase, std::exchange(*spare, nullptr));
  }
  *refusal = LinkLocked(request, index, &lane, list, node);
  return true;
}

ABSL_ATTRIBUTE_NOINLINE Refusal LinkAnywhere(const Request& request,
                                             Node* node) {
  Refusal refusal = Refusal::kNone;
  Node* spare = nullptr;
  if (!LinkInPhase(request, node, &spare, &refusal)) {
    spare = AcquireNode(sizeof(Node) + sizeof(PhaseList));
    if (spare == nullptr) return Refusal::kNoMemory;
    LinkInPhase(request, node, &spare, &refusal);
    if (spare != nullptr) ReleaseNode(spare);
  }
  return refusal;
}

// The most frequent case: phase 0, and one lock is enough.
inline Refusal Link(const Request& request, Node* node) {
  const int lifetime_lane =
      request.lifetime != nullptr ? request.lifetime->lane : -1;
  const int index = request.core->LaneFor(lifetime_lane);
  if (node->phase != 0 || (lifetime_lane >= 0 && lifetime_lane != index)) {
    return LinkAnywhere(request, node);
  }
  LockHolder lock(LockAt(index));
  Lane& lane = request.core->LaneAt(index);
  return LinkLocked(request, index, &lane, &lane.zero, node);
}

// Links a node that its registry has refused where no drain comes. This thread
// owns the node.
ABSL_ATTRIBUTE_NOINLINE Refusal LinkForScope(Request request, NodeRef ref,
                                             Invocation invocation) {
  request.core = WeakCore();
  EnsureCurrent(request.core);
  ref.node->word.store(ref.generation, std::memory_order_relaxed);
  Fill(request, ref.node, invocation, CurrentEpoch());
  return Link(request, ref.node);
}

}  // namespace

FINALIZE_OWN_FRAME Node* Allocate(const Request& request,
                                  const CallbackOps& ops, int bare_size_class) {
  const bool named = !request.options->name().empty();
  if (request.lifetime == nullptr && !named) {
    return AcquireNodeOfClass(bare_size_class);
  }
  size_t bytes =
      sizeof(Node) +
      Node::CallableOffset(request.lifetime != nullptr, ops.alignment) +
      ops.size;
  if (named) bytes += NameOf(request).size() + 1;
  return AcquireNode(bytes);
}

FINALIZE_OWN_FRAME void Abort(Node* node) { ReleaseNode(node); }

FINALIZE_OWN_FRAME NodeRef Publish(const Request& request, Node* node,
                                   Invocation invocation) {
  if (ShouldOwnSequence()) TryToOwnSequence();
  const uint32_t epoch = CurrentEpoch();
  if (request.core->epoch.load(std::memory_order_acquire) != epoch) {
    ResetAfterFork(request.core);
  }
  const NodeRef ref = {
      node, node->word.load(std::memory_order_relaxed) & kGenerationMask};
  Fill(request, node, invocation, epoch);
  Refusal refusal = Link(request, node);
  if (refusal == Refusal::kNone) {
    // The exit hook is armed after the node is linked, so that an exit drain
    // that ends in between sees either the finalizer or the hook. If the hook
    // cannot be armed, the registration is undone, unless a trigger has claimed
    // the finalizer.
    if (request.core != &process_core || IsArmed()) return ref;
    refusal = ArmExitHook();
    if (refusal == Refusal::kNone) return ref;
    if (ClaimToDetach(ref) == nullptr) return ref;
  }
  if (request.of_scope &&
      request.options->if_closed() == finalize::IfClosed::kRefuse) {
    refusal = LinkForScope(request, ref, invocation);
    if (refusal == Refusal::kNone) return ref;
  }
  RefuseBuilt(request, node, refusal);
  return NodeRef();
}

}  // namespace finalize_internal
