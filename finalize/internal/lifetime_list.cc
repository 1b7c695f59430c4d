#include "finalize/internal/lifetime_list.h"

#include "finalize/internal/adoption.h"
#include "finalize/internal/core.h"
#include "finalize/internal/lock.h"
#include "finalize/internal/shared_deleter.h"

namespace finalize_internal {

void LifetimeList::Link(Node* node) {
  LifetimeLink& link = node->lifetime_link();
  Node** at = &newest;
  while (by_phase && *at != nullptr && (*at)->phase > node->phase) {
    at = &(*at)->lifetime_link().older;
  }
  link.older = *at;
  link.from = at;
  link.referent = shared;
  link.lane = lane;
  if (*at != nullptr) (*at)->lifetime_link().from = &link.older;
  __atomic_store_n(at, node, __ATOMIC_RELEASE);
}

void LifetimeList::Unlink(Node* node) {
  LifetimeLink& link = node->lifetime_link();
  if (link.from == nullptr) return;
  __atomic_store_n(link.from, link.older, __ATOMIC_RELEASE);
  if (link.older != nullptr) link.older->lifetime_link().from = link.from;
  link.from = nullptr;
}

void LifetimeList::TakeFrom(LifetimeList* other) noexcept {
  lane = other->lane;
  LockHolder lock(LockAt(lane));
  newest = other->newest;
  other->newest = nullptr;
  if (newest != nullptr) newest->lifetime_link().from = &newest;
}

Node* ClaimNewestOf(LifetimeList* list) {
  for (int other_lane = list->lane;;) {
    LockPair locks(list->lane, other_lane);
    Node* const node = list->newest;
    if (node == nullptr) return nullptr;
    if (!IsOurs(node)) {  // what lies below it is inherited too
      NoteForsaken(node->epoch.load(std::memory_order_relaxed));
      return nullptr;
    }
    const uint64_t word = node->Word();
    if (!Node::Pends(word)) {
      LifetimeList::Unlink(node);  // runs elsewhere, and may be armed again
      continue;
    }
    const int lane_index = Node::LaneOf(word);
    if (lane_index != list->lane && lane_index != other_lane) {
      other_lane = lane_index;
      continue;
    }
    LifetimeList::Unlink(node);
    ClaimLocked(&CoreAt(node->core)->LaneAt(lane_index), node, kRunning);
    return node;
  }
}

LifetimeList* LifetimeListOf(
    const std::shared_ptr<const volatile void>& owner) {
  SharedDeleter* deleter = std::get_deleter<SharedDeleter>(owner);
  return deleter != nullptr ? deleter->list() : nullptr;
}

}  // namespace finalize_internal
