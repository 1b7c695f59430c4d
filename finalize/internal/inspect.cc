#include "finalize/internal/inspect.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "absl/time/time.h"
#include "finalize/info.h"
#include "finalize/internal/check.h"
#include "finalize/internal/clock.h"
#include "finalize/internal/frames.h"
#include "finalize/internal/handle.h"
#include "finalize/internal/run.h"
#include "finalize/internal/slab.h"
#include "finalize/internal/stack_mark.h"
#include "finalize/internal/thread_state.h"
#include "finalize/internal/word_wait.h"

namespace finalize_internal {
namespace {

// Ends the process where this thread peeks at `node`, whose claimer waits for
// the peek to end.
void CheckNotPeeking(Node* node, uint64_t word) {
  if ((word & kPinnedFlag) == 0) return;
  const int index = Node::LaneOf(word);
  LockHolder lock(LockAt(index));
  Check(!PinnedByThisThread(CoreAt(node->core)->LaneAt(index), node),
        "a copy constructor of a bound argument waits for the finalizer that "
        "PeekArguments() copies it from");
}

// Whether `word` is that of the pending finalizer `ref`.
bool IsPending(const NodeRef& ref, uint64_t word) {
  return ref.Matches(word) && Node::Pends(word);
}

// Whether `word` is that of the running finalizer `ref`.
bool Runs(const NodeRef& ref, uint64_t word) {
  return ref.Matches(word) && (word & kRunsMask) == kRunning;
}

// Returns the lane of a pending finalizer, locked, or null.
class PendingLane {
 public:
  explicit PendingLane(const NodeRef& ref) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    if (ref.node == nullptr) return;
    for (;;) {
      const uint64_t word = ref.node->Word();
      if (!IsPending(ref, word) || !IsOurs(ref.node)) return;
      const int index = Node::LaneOf(word);
      LockAt(index).Acquire();
      const uint64_t now = ref.node->Word();
      if (IsPending(ref, now) && Node::LaneOf(now) == index) {
        index_ = index;
        lane_ = &CoreAt(ref.node->core)->LaneAt(index);
        return;
      }
      LockAt(index).Release();
    }
  }
  ~PendingLane() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    if (lane_ != nullptr) LockAt(index_).Release();
  }
  PendingLane(const PendingLane&) = delete;
  PendingLane& operator=(const PendingLane&) = delete;

  Lane* get() const { return lane_; }
  int index() const { return index_; }

 private:
  Lane* lane_ = nullptr;
  int index_ = -1;
};

// Copies what a peek shows besides the callback's text.
void FillInfo(Node* node, finalize::Info* info) {
  info->number = NodeNumber(node);
  info->name = std::string(node->name());
  info->place = node->place();
  info->phase = node->phase;
  info->at_exit = (node->Word() & kAtExitFlag) != 0;
  info->age =
      absl::Nanoseconds(static_cast<int64_t>(NowNanos() - node->Sequence()));
}

// The referent, if a shared_ptr owns it and it is alive.
std::shared_ptr<void> ReferentOf(Node* node) {
  if (!(node->Word() & kLifetimeFlag)) return nullptr;
  const LifetimeLink& link = node->lifetime_link();
  LockHolder lock(LockAt(link.lane));
  if (link.from == nullptr || link.referent == nullptr) return nullptr;
  return link.referent->lock();
}

// Returns whether other pins at the same node are left.
bool RemovePin(Lane* lane, const Pin* pin) {
  bool others = false;
  for (Pin** at = &lane->pins; *at != nullptr;) {
    if (*at == pin) {
      *at = pin->next;
    } else {
      others |= (*at)->node == pin->node;
      at = &(*at)->next;
    }
  }
  return others;
}

}  // namespace

PinHolder::PinHolder(const NodeRef& ref) {
  PendingLane lane(ref);
  if (lane.get() == nullptr) return;
  pin_ = {ref.node, lane.get()->pins, &this_thread};
  lane.get()->pins = &pin_;
  ref.node->SetWord(ref.node->Word() | kPinnedFlag);
}

PinHolder::~PinHolder() {
  Node* const node = pin_.node;
  if (node == nullptr || !IsOurs(node)) return;
  for (;;) {
    // A pinned node may be claimed or moved, but not freed.
    const int index = Node::LaneOf(node->Word());
    LockHolder lock(LockAt(index));
    const uint64_t word = node->Word();
    if (Node::LaneOf(word) != index) continue;
    if (RemovePin(&CoreAt(node->core)->LaneAt(index), &pin_)) return;
    node->SetWord(word & ~(kPinnedFlag | kWaitedFlag));
    if ((word & kWaitedFlag) == 0) return;
    break;
  }
  WakeWaiters(node);
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
  // A drain that skipped it is to see it again; one it tried, is not.
  if (at_exit && (old & kParkedFlag) && !(old & kAtExitFlag) &&
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

bool PeekArguments(const NodeRef& ref, const std::type_info& tuple, void* out) {
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

}  // namespace finalize_internal
