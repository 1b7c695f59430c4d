// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/life/lifetime_list.h"

#include "finalize/internal/base/lock.h"
#include "finalize/internal/node/core.h"
#include "finalize/internal/node/thread_state.h"

namespace finalize_internal {

FINALIZE_OWN_FRAME int LaneOfThisThread() noexcept { return ThisLane(); }

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
  __atomic_store_n(at, node, __ATOMIC_RELEASE);  // for empty()
}

void LifetimeList::Unlink(Node* node) {
  LifetimeLink& link = node->lifetime_link();
  if (link.from == nullptr) return;
  __atomic_store_n(link.from, link.older, __ATOMIC_RELEASE);  // for empty()
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

}  // namespace finalize_internal
