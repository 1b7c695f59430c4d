// SPDX-License-Identifier: Apache-2.0

// A LifetimeList holds the finalizers that wait for the end of one object,
// newest first.
//
// The lock of the lane with which the list was created guards it. A finalizer
// in the process registry is on that same lane, so that one lock guards both of
// its lists. The link of a node knows the pointer that points to the node
// (LifetimeLink::from), so a list moves in O(1).
#ifndef FINALIZE_INTERNAL_LIFE_LIFETIME_LIST_H_
#define FINALIZE_INTERNAL_LIFE_LIFETIME_LIST_H_

#include <memory>
#include <type_traits>
#include <utility>

#include "finalize/cause.h"
#include "finalize/export.h"
#include "finalize/internal/life/registration.h"
#include "finalize/internal/node/node.h"

namespace finalize_internal {

// ThisLane(), for code outside the library's own object.
FINALIZE_INTERNAL_EXPORT int LaneOfThisThread() noexcept;

struct LifetimeList {
  LifetimeList() noexcept : lane(LaneOfThisThread()) {}
  LifetimeList(const LifetimeList&) = delete;
  LifetimeList& operator=(const LifetimeList&) = delete;

  // Returns whether the list is empty. Exact for the thread that ends or moves
  // the object: registering must not race with that.
  bool empty() const {
    return __atomic_load_n(&newest, __ATOMIC_ACQUIRE) == nullptr;
  }
  // Moves the finalizers of `other` to this list, which is empty.
  FINALIZE_INTERNAL_EXPORT void TakeFrom(LifetimeList* other) noexcept;

  // Puts a node first, or, if `by_phase`, after the nodes of higher phases.
  void Link(Node* node);
  static void Unlink(Node* node);

  // Written under the lock, and read without it by empty(). Not a std::atomic,
  // because LifetimeLink::from points either here or at a link's `older`, and
  // both must have one type: accessed by the __atomic builtins instead.
  Node* newest = nullptr;
  int lane;  // does not change, except in TakeFrom
  bool by_phase = false;
  // The referent, if a shared_ptr owns it.
  const std::weak_ptr<void>* shared = nullptr;
};

// RegisterNode on a lifetime. If there is no lifetime, refuses with `reason`.
template <Invocation kInvocation, class F, class... A>
NodeRef RegisterOnList(const Request& request, Refusal reason, F&& function,
                       A&&... arguments) {
  if constexpr (CheckCallback<kInvocation, F, A...>()) {
    if (request.lifetime != nullptr) {
      return BuildNode<kInvocation>(request, std::forward<F>(function),
                                    std::forward<A>(arguments)...);
    }
    RefuseCallback<BoundFor<kInvocation, F, A...>>(
        request, reason, std::forward<F>(function),
        std::forward<A>(arguments)...);
  }
  return NodeRef();
}

template <Invocation kInvocation, class F, class... A>
NodeRef RegisterOn(Core* core, const finalize::Options& options,
                   LifetimeList* list, F&& function, A&&... arguments) {
  return RegisterOnList<kInvocation>(
      {core, &options, list}, Refusal::kNoReferent, std::forward<F>(function),
      std::forward<A>(arguments)...);
}

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_LIFE_LIFETIME_LIST_H_
