// WeakWatch: the registration of the callback of a weak reference. The copies
// of that reference share it; with the last one it goes, and takes the callback
// back.
//
// The callback itself is a finalizer of the referent like any other, so that it
// has its place in their order; but it is in no registry that drains.
#ifndef FINALIZE_INTERNAL_WEAK_WATCH_H_
#define FINALIZE_INTERNAL_WEAK_WATCH_H_

#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include "finalize/internal/node.h"
#include "finalize/internal/registration.h"
#include "finalize/internal/shared_deleter.h"
#include "finalize/internal/weak_link.h"
#include "finalize/options.h"

namespace finalize_internal {

class WeakWatch : public WeakLink,
                  public std::enable_shared_from_this<WeakWatch> {
 public:
  WeakWatch() : WeakLink(kCallback) {}
  ~WeakWatch();

  // The caller keeps the referent alive.
  void Start(SharedDeleter* referent, const NodeRef& callback);
  bool pending() const;

 private:
  NodeRef callback_;
};

// Registers a callback for the death of the referent; it gets `reference`, one
// without a callback, if it takes that. Returns null where it is refused, which
// is reported: nothing tells of the death if `referent` is null.
template <class F, class Reference>
std::shared_ptr<WeakWatch> WatchReferent(SharedDeleter* referent,
                                         finalize::Place place, F&& function,
                                         Reference reference) {
  constexpr auto kOnce = Invocation::kOnce;
  auto watch = std::make_shared<WeakWatch>();
  const finalize::Options options = finalize::Options().At(place);
  LifetimeList* const list = referent != nullptr ? referent->list() : nullptr;
  NodeRef callback;
  if constexpr (std::is_invocable_v<std::decay_t<F>&&, Reference&&>) {
    callback =
        RegisterOn<kOnce>(WeakCore(), options, list, std::forward<F>(function),
                          std::move(reference));
  } else {
    callback =
        RegisterOn<kOnce>(WeakCore(), options, list, std::forward<F>(function));
  }
  if (callback.node == nullptr) return nullptr;
  watch->Start(referent, callback);
  return watch;
}

// The callbacks of weak references to a referent, newest first.
std::vector<std::shared_ptr<WeakWatch>> WatchesOf(SharedDeleter* referent);

// How many weak references and finalizers it has.
size_t CountReferences(SharedDeleter* referent);

// Returns text such as `<WeakRef to Cat at 0x5581e0>`; `dead` in it where
// `address` is null.
std::string WeakText(const char* what, const std::type_info& type,
                     const volatile void* address);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_WEAK_WATCH_H_
