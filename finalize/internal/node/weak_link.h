// SPDX-License-Identifier: Apache-2.0

// A WeakLink puts one weak reference on the list of its referent. This header
// has a named door: the body of DropDetachedEntries is in weak/weak_links.cc.
//
// An object whose shared_ptr MakeShared or Adopt created knows the weak
// references that must learn of its death: the entries of weak containers, and
// the references that have a callback. They are on a list in its deleter,
// newest first, which the lock of the lane of its LifetimeList guards. A
// std::weak_ptr is not on the list, because it finds out by itself.
//
//               LinkWeak                  the referent dies, or UnlinkWeak
//    off a list ---------> on the list of its referent -----------> off it
//
// Exactly one of the two removes the link, and owns the reference from then on.
#ifndef FINALIZE_INTERNAL_NODE_WEAK_LINK_H_
#define FINALIZE_INTERNAL_NODE_WEAK_LINK_H_

namespace finalize_internal {

struct WeakLink {
  enum Kind : unsigned char { kEntry, kCallback };

  explicit WeakLink(Kind kind_in) : kind(kind_in) {}
  WeakLink(const WeakLink&) = delete;
  WeakLink& operator=(const WeakLink&) = delete;

  WeakLink* older = nullptr;
  WeakLink** from = nullptr;  // the newer link's `older`, or the list's head
  int lane = -1;  // whose lock guards it; -1: it was never on a list
  const Kind kind;
};

// The list. It is a member of SharedDeleter.
struct WeakLinks {
  // Exact for the thread on which the referent dies. Takes no lock;
  // lifetime_list.h says why `newest` is not a std::atomic.
  bool empty() const {
    return __atomic_load_n(&newest, __ATOMIC_ACQUIRE) == nullptr;
  }
  WeakLink* newest = nullptr;
};

// Drops the references to the entries that DetachReferent (weak_links.h)
// returned, linked by `older`. This may run destructors of user code.
void DropDetachedEntries(WeakLink* detached) noexcept;

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_NODE_WEAK_LINK_H_
