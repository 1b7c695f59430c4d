// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/inspect/finalizer_ops.h"

#include <cstring>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "finalize/internal/base/check.h"
#include "finalize/internal/base/clock.h"
#include "finalize/internal/inspect/pin.h"
#include "finalize/internal/life/claim.h"
#include "finalize/internal/life/detached.h"
#include "finalize/internal/life/run.h"
#include "finalize/internal/life/spent.h"
#include "finalize/internal/life/stack_mark.h"
#include "finalize/internal/node/fork_epoch.h"
#include "finalize/internal/node/node_wait.h"
#include "finalize/internal/node/slab.h"
#include "finalize/report.h"

namespace finalize_internal {
namespace {

// Ends the process if this thread peeks at `node`: the thread that has claimed
// it waits for the peek to end.
void CheckNotPeeking(Node* node, uint64_t word) {
  if ((word & kPinnedFlag) == 0) return;
  const int index = Node::LaneOf(word);
  LockHolder lock(LockAt(index));
  Check(!PinnedByThisThread(CoreAt(node->core)->LaneAt(index), node),
        "a copy constructor of a bound argument waits for the finalizer that "
        "PeekArguments() copies it from");
}

// Returns whether `word` says that `ref` is running.
bool Runs(const NodeRef& ref, uint64_t word) {
  return ref.Matches(word) && (word & kRunsMask) == kRunning;
}

// Copies everything that a peek shows, except the callback's text and the
// referent.
void FillInfo(Node* node, finalize::Info* info) {
  info->number = NodeNumber(node);
  info->name = std::string(node->name());
  info->place = node->place();
  info->phase = node->phase;
  info->at_exit = (node->Word() & kAtExitFlag) != 0;
  info->age =
      absl::Nanoseconds(static_cast<int64_t>(NowNanos() - node->Sequence()));
}

// Returns the referent if a shared_ptr owns it and it is alive.
std::shared_ptr<void> ReferentOf(Node* node) {
  if (!(node->Word() & kLifetimeFlag)) return nullptr;
  const LifetimeLink& link = node->lifetime_link();
  LockHolder lock(LockAt(link.lane));
  if (link.from == nullptr || link.referent == nullptr) return nullptr;
  return link.referent->lock();
}

}  // namespace

bool Inherited(const NodeRef& ref) {
  if (ref.node == nullptr || IsOurs(ref.node)) return false;
  const uint64_t word = ref.node->Word();
  return ref.Matches(word) && Node::Pends(word);
}

Node* Detach(const NodeRef& ref) { return ClaimToDetach(ref); }

bool Cancel(const NodeRef& ref) noexcept {
  Node* const node = Detach(ref);
  if (node != nullptr) DropDetached(node);
  return node != nullptr;
}

void CancelForGood(const NodeRef& ref) noexcept {
  if (!Cancel(ref) && Inherited(ref)) {
    ForbidAdopting(ref.node->epoch.load(std::memory_order_relaxed));
  }
}

bool Alive(const NodeRef& ref) noexcept {
  return ref.node != nullptr && IsPending(ref, ref.node->Word()) &&
         IsOurs(ref.node);
}

bool IsRunning(const NodeRef& ref) noexcept {
  return ref.node != nullptr && Runs(ref, ref.node->Word()) && IsOurs(ref.node);
}

bool AtExitFlag(const NodeRef& ref) {
  return Alive(ref) && (ref.node->Word() & kAtExitFlag) != 0;
}

void SetAtExitFlag(const NodeRef& ref, bool at_exit) {
  PendingLane lane(ref);
  if (lane.get() == nullptr) return;
  Node* const node = ref.node;
  const uint64_t old = node->Word();
  node->SetWord(at_exit ? old | kAtExitFlag : old & ~kAtExitFlag);
  // A drain that skipped it must see it again. A drain that tried it must not.
  if (at_exit && (old & kSetAsideFlag) && !(old & kAtExitFlag) &&
      Node::StateOf(old) != kTried) {
    lane.get()->Remove(node);
    lane.get()->Insert(node);
  }
  CoreAt(node->core)->changes.fetch_add(1, std::memory_order_acq_rel);
}

bool Peek(const NodeRef& ref, std::optional<finalize::Info>* info) {
  PinHolder pin(ref);
  if (pin.node() == nullptr) return false;
  info->emplace();
  FillInfo(pin.node(), &**info);
  (*info)->referent = ReferentOf(pin.node());
  DescribeCallback(*pin.node()->ops, pin.node()->callable(),
                   /*with_arguments=*/true, &(*info)->callback);
  return true;
}

bool PeekArguments(const NodeRef& ref, const TypeIdentity& tuple, void* out) {
  PinHolder pin(ref);
  Node* const node = pin.node();
  return node != nullptr &&
         node->ops->copy_arguments(node->callable(), tuple, out);
}

bool Wait(const NodeRef& ref, int64_t deadline) {
  if (ref.node == nullptr || !IsOurs(ref.node)) return true;
  const uint64_t word = ref.node->Word();
  if (!Runs(ref, word) || RunsOnThisThread(ref.node)) return true;
  if (IsOnThisStack(ref)) return true;  // it began on another thread
  CheckNotPeeking(ref.node, word);
  uint64_t limit = UINT64_MAX;
  if (deadline != INT64_MAX) {
    timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    const int64_t unix_now = int64_t{now.tv_sec} * 1000000000 + now.tv_nsec;
    limit = deadline > unix_now
                ? NowNanos() + static_cast<uint64_t>(deadline - unix_now)
                : 0;
  }
  return WaitWhile(ref.node, kGenerationMask | kRunsMask,
                   ref.generation | kRunning, limit);
}

void EndScope(const NodeRef& ref) noexcept {
  if (Node* node = ClaimToRun(ref)) {
    RunReported(CoreAt(node->core), node, finalize::Cause::Kind::kScope);
  } else if (Inherited(ref)) {
    ForbidAdopting(ref.node->epoch.load(std::memory_order_relaxed));
  } else {
    Wait(ref, INT64_MAX);
  }
}

}  // namespace finalize_internal
