// WeakLink: the place of one weak reference on the list of its referent.
//
// The object behind a shared_ptr that MakeShared or Adopt made knows the weak
// references that want to hear of its death: the entries of weak containers,
// and those that have a callback. They hang on a list in its deleter, newest
// first, guarded by the lock of the lane of its LifetimeList. A std::weak_ptr
// is no such reference: it finds out by itself.
//
//               LinkWeak                  the referent dies, or UnlinkWeak
//    off a list ---------> on the list of its referent -----------> off it
//
// Exactly one of the two takes it off, and has from then on what it stands for.
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
  int lane = -1;  // whose lock guards it; -1: it never was on a list
  const Kind kind;
};

// The list. Lies in the SharedDeleter.
struct WeakLinks {
  // Exact for the thread on which the referent dies. Takes no lock;
  // lifetime_list.h says why `newest` is not a std::atomic.
  bool empty() const {
    return __atomic_load_n(&newest, __ATOMIC_ACQUIRE) == nullptr;
  }
  WeakLink* newest = nullptr;
};

// Destroys what DetachReferent (weak_links.h) returned, linked by `older`; this
// runs destructors of user code. A door: defined in weak_links.cc.
void DropForgotten(WeakLink* forgotten) noexcept;

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_NODE_WEAK_LINK_H_
