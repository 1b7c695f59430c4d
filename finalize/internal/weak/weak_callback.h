// SPDX-License-Identifier: Apache-2.0

// A WeakCallback is the registration of the callback of a weak reference. The
// copies of that reference share it. Destroying the last copy destroys it and
// cancels the callback.
//
// The callback itself is an ordinary finalizer of the referent, so that it has
// a position in their order. It is in WeakCore(), which no drain reaches.
#ifndef FINALIZE_INTERNAL_WEAK_WEAK_CALLBACK_H_
#define FINALIZE_INTERNAL_WEAK_WEAK_CALLBACK_H_

#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "finalize/export.h"
#include "finalize/internal/base/type_identity.h"
#include "finalize/internal/life/lifetime_list.h"
#include "finalize/internal/life/registration.h"
#include "finalize/internal/node/callback.h"
#include "finalize/internal/node/node.h"
#include "finalize/internal/node/process_core.h"
#include "finalize/internal/node/weak_link.h"
#include "finalize/internal/weak/shared_deleter.h"
#include "finalize/options.h"

namespace finalize_internal {

class WeakCallback : public WeakLink,
                     public std::enable_shared_from_this<WeakCallback> {
 public:
  WeakCallback() : WeakLink(kCallback) {}
  ~WeakCallback();

  // The caller keeps the referent alive.
  FINALIZE_INTERNAL_EXPORT void Start(SharedDeleter* referent,
                                      const NodeRef& callback);
  FINALIZE_INTERNAL_EXPORT bool pending() const;

 private:
  NodeRef callback_;
};

// Returns null if there is no memory.
FINALIZE_INTERNAL_EXPORT std::shared_ptr<WeakCallback>
NewWeakCallback() noexcept;

// Registers a callback, with its arguments, for the death of the referent. If
// `referent` is null, or there is no memory, the callback is refused: reports
// that, and returns null.
template <class... Callback>
std::shared_ptr<WeakCallback> RegisterWeakCallback(SharedDeleter* referent,
                                                   finalize::Place place,
                                                   Callback&&... callback) {
  constexpr auto kOnce = Invocation::kOnce;
  const auto options = finalize::Options().set_place(place);
  std::shared_ptr<WeakCallback> registered = NewWeakCallback();
  const bool hears = referent != nullptr && registered != nullptr;
  const NodeRef node = RegisterOnList<kOnce>(
      {WeakCore(), &options, hears ? referent->list() : nullptr},
      referent == nullptr ? Refusal::kNoReferent : Refusal::kNoMemory,
      std::forward<Callback>(callback)...);
  if (node.node == nullptr) return nullptr;
  registered->Start(referent, node);
  return registered;
}

// The same for a callback that may take `reference`, a copy of the weak
// reference without a callback.
template <class F, class Reference>
std::shared_ptr<WeakCallback> RegisterForDeath(SharedDeleter* referent,
                                               finalize::Place place,
                                               F&& function,
                                               Reference reference) {
  using Stored = std::decay_t<F>;
  if constexpr (std::is_invocable_v<Stored&&, Reference&&>) {
    return RegisterWeakCallback(referent, place, std::forward<F>(function),
                                std::move(reference));
  } else if constexpr (std::is_invocable_v<Stored&&> ||
                       kWantsCause<Invocation::kOnce, Stored>) {
    return RegisterWeakCallback(referent, place, std::forward<F>(function));
  } else {
    static_assert(sizeof(F) == 0,
                  "the callback of a weak reference takes no parameter, or one "
                  "`const finalize::Cause&`, or one const reference to the "
                  "type that it is given to: `const WeakRef<T>&`, `const "
                  "WeakProxy<T>&` or `const WeakMethod<R(A...)>&`");
    return nullptr;
  }
}

// Returns the callbacks of weak references to a referent, newest first.
FINALIZE_INTERNAL_EXPORT std::vector<std::shared_ptr<WeakCallback>>
WeakCallbacksOf(SharedDeleter* referent);

// Returns how many weak references and finalizers a referent has.
FINALIZE_INTERNAL_EXPORT size_t CountReferences(SharedDeleter* referent);

// Returns text such as `<WeakRef to Cat at 0x5581e0>`, or `<WeakRef; dead>` if
// `address` is null.
FINALIZE_INTERNAL_EXPORT std::string WeakText(const char* what,
                                              const TypeIdentity& type,
                                              const volatile void* address);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_WEAK_WEAK_CALLBACK_H_
