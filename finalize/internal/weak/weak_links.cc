// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/weak/weak_links.h"

#include <utility>

#include "finalize/internal/base/lock.h"
#include "finalize/internal/weak/shared_deleter.h"
#include "finalize/internal/weak/weak_entry.h"

namespace finalize_internal {
namespace {

// Takes a link off its list. The caller holds the lane's lock.
void TakeOff(WeakLink* link) {
  __atomic_store_n(link->from, link->older, __ATOMIC_RELEASE);
  if (link->older != nullptr) link->older->from = link->from;
  link->from = nullptr;
}

}  // namespace

void LinkWeak(SharedDeleter* referent, WeakLink* link) {
  WeakLinks* const links = referent->weak_links();
  link->lane = referent->list()->lane;
  LockHolder lock(LockAt(link->lane));
  link->older = links->newest;
  link->from = &links->newest;
  if (link->older != nullptr) link->older->from = &link->older;
  __atomic_store_n(&links->newest, link, __ATOMIC_RELEASE);
}

bool UnlinkWeak(WeakLink* link) {
  if (link->lane < 0) return false;
  LockHolder lock(LockAt(link->lane));
  if (link->from == nullptr) return false;
  TakeOff(link);
  return true;
}

WeakLink* DetachReferent(WeakLinks* links, int lane) noexcept {
  WeakLink* detached = nullptr;
  for (bool more = true; more;) {
    WeakLink* link;
    {
      LockHolder lock(LockAt(lane));
      link = links->newest;
      if (link == nullptr) break;
      TakeOff(link);
      more = links->newest != nullptr;
      if (link->kind != WeakLink::kEntry) continue;
    }
    static_cast<WeakEntry*>(link)->Unlink();
    link->older = std::exchange(detached, link);
  }
  return detached;
}

void DropDetachedEntries(WeakLink* detached) noexcept {
  while (detached != nullptr) {
    WeakLink* const link = std::exchange(detached, detached->older);
    static_cast<WeakEntry*>(link)->Unref();
  }
}

}  // namespace finalize_internal
