// SPDX-License-Identifier: Apache-2.0

// Registers a callback: builds a node around it and publishes the node in a
// registry.
#ifndef FINALIZE_INTERNAL_LIFE_REGISTRATION_H_
#define FINALIZE_INTERNAL_LIFE_REGISTRATION_H_

#include <type_traits>
#include <utility>

#include "finalize/export.h"
#include "finalize/internal/life/refusal.h"
#include "finalize/internal/node/callback.h"
#include "finalize/internal/node/node.h"
#include "finalize/internal/node/process_core.h"
#include "finalize/internal/node/size_class.h"
#include "finalize/options.h"

namespace finalize_internal {

// Returns a node with room for the callable, the lifetime's link and the name,
// or null if there is no memory. A node of `bare_size_class` has room for the
// callable alone.
FINALIZE_INTERNAL_EXPORT Node* Allocate(const Request& request,
                                        const CallbackOps& ops,
                                        int bare_size_class);

// Frees a node whose callable was never built.
FINALIZE_INTERNAL_EXPORT void Abort(Node* node);

// Makes a built node pending. If the registry refuses it, runs the callback if
// the options say so, destroys it, and returns the null reference.
FINALIZE_INTERNAL_EXPORT NodeRef Publish(const Request& request, Node* node,
                                         Invocation invocation);

// Registering has two forms, `(options, callback, arguments...)` and
// `(callback)`. This enables the second form: for every type that is not a set
// of options.
template <class F>
using EnableIfCallback =
    std::enable_if_t<!std::is_convertible_v<F&&, finalize::Options>, int>;

// Enables an overload for calls that fit neither form: arguments after a
// callback, or no callback after options.
template <class First, class... Rest>
using EnableIfMisuse =
    std::enable_if_t<std::is_convertible_v<First&&, finalize::Options> ==
                         (sizeof...(Rest) == 0),
                     int>;

// Does not compile. The message says what to write.
template <class First, class... Rest>
NodeRef Refuse() {
  static_assert(sizeof...(Rest) == 0,
                "bound arguments need a name, or other options, before the "
                "callback: write (\"name\", callback, arguments...), or ({}, "
                "callback, arguments...) for one without a name");
  static_assert(sizeof...(Rest) != 0,
                "there is no callback behind the options: write (\"name\", "
                "callback, arguments...)");
  return NodeRef();
}

template <Invocation kInvocation, class F, class... A>
using BoundFor = Bound<kInvocation, std::decay_t<F>, std::decay_t<A>...>;

// Does not compile if the callback or its arguments are wrong, and says why.
// Returns whether they can be registered, so that no second error follows.
template <Invocation kInvocation, class F, class... A>
constexpr bool CheckCallback() {
  constexpr bool kCallable =
      kIsCallable<kInvocation, std::decay_t<F>, std::decay_t<A>...>;
  static_assert(
      kCallable || kInvocation == Invocation::kRetryable,
      "the callback cannot be called with the bound arguments: they are passed "
      "as rvalues of the types that std::decay makes of them, after a `const "
      "finalize::Cause&` if the callback takes one");
  static_assert(
      kCallable || kInvocation == Invocation::kOnce,
      "the callback cannot be called with the bound arguments: one that may be "
      "retried gets them as lvalues of the types that std::decay makes of "
      "them, after a `const finalize::Cause&` if the callback takes one");
  constexpr bool kStorable =
      std::is_constructible_v<std::decay_t<F>, F&&> &&
      (std::is_constructible_v<std::decay_t<A>, A&&> && ...);
  static_assert(kStorable,
                "the callback or a bound argument cannot be copied: pass it by "
                "std::move, or a pointer or std::ref to it");
  return kCallable && kStorable;
}

// Refuses a callback for which there is no node.
template <class B, class... Args>
void RefuseCallback(const Request& request, Refusal reason, Args&&... args) {
  UnregisteredCallback<B> refused(std::forward<Args>(args)...);
  RefuseUnbuilt(request, kOpsFor<B>, &refused.storage, reason);
}

template <Invocation kInvocation, class F, class... A>
NodeRef BuildNode(const Request& request, F&& function, A&&... arguments) {
  using B = BoundFor<kInvocation, F, A...>;
  using Stored = Storage<B>;
  constexpr const CallbackOps& kOps = kOpsFor<B>;

  struct Aborter {  // for a constructor of user code that throws
    ~Aborter() {
      if (node != nullptr) Abort(node);
    }
    Node* node;
  } aborter{
      Allocate(request, kOps, SizeClassFor(sizeof(Node) + sizeof(Stored)))};

  if (aborter.node == nullptr ||
      !Stored::Build(aborter.node->payload() +
                         Node::CallableOffset(request.lifetime != nullptr,
                                              alignof(Stored)),
                     std::forward<F>(function),
                     std::forward<A>(arguments)...)) {
    RefuseCallback<B>(request, Refusal::kNoMemory, std::forward<F>(function),
                      std::forward<A>(arguments)...);
    return NodeRef();
  }
  aborter.node->ops = &kOps;
  return Publish(request, std::exchange(aborter.node, nullptr), kInvocation);
}

template <Invocation kInvocation, class F, class... A>
NodeRef RegisterNode(const Request& request, F&& function, A&&... arguments) {
  if constexpr (CheckCallback<kInvocation, F, A...>()) {
    return BuildNode<kInvocation>(request, std::forward<F>(function),
                                  std::forward<A>(arguments)...);
  } else {
    return NodeRef();
  }
}

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_LIFE_REGISTRATION_H_
