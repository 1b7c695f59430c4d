// SPDX-License-Identifier: Apache-2.0

// MakeShared and Adopt: create shared_ptrs to which finalizers can be attached,
// through any pointer that shares ownership.
//
//   std::shared_ptr<Image> image = finalize::MakeShared<Image>("cat.png");
//   std::shared_ptr<const void> handle = image;  // a conversion, or an alias
//   finalize::OnDestroy(handle, "forget", Forget, std::string("cat.png"));
//   image.reset();   // nothing happens: `handle` is still an owner
//   handle.reset();  // runs ~Image, then Forget("cat.png"); frees the memory
//
// Order: when the last owner drops the object, every weak reference to it is
//   dead first; then its destructor runs, then the callbacks, newest first;
//   then the memory is freed. (An object of Adopt is destroyed and freed by its
//   own deleter, before the callbacks.) Callbacks run whatever at_exit is. If
//   an object is never destroyed, exit() runs them.
// Threads: callbacks run on the thread that drops the last owner.
// Failure: if OnDestroy gets a null pointer, or one that was created in another
//   way (by std::make_shared, for example), the registration is refused: the
//   handle is dead and the failure is reported, or the callback runs
//   immediately if Options::if_closed says so.
// Lifetime: a callback that captures a shared_ptr to its own referent keeps it
//   alive, and runs at exit only.
//
// Not for: arrays, and objects that no shared_ptr owns (lifetime.h).
//
// Thread-safe: threads may attach, run and drop through different pointers to
// the same object. One pointer object is thread-compatible (const calls may run
// concurrently).
#ifndef FINALIZE_SHARED_H_
#define FINALIZE_SHARED_H_

#include <memory>
#include <type_traits>
#include <utility>

#include "finalize/internal/base/rtti_required.h"
#include "finalize/internal/weak/shared_deleter.h"
#include "finalize/lifetime.h"

namespace finalize {

// Returns a new T, as std::make_shared does. But the memory of the object is
// freed with the last strong pointer, and T must not be an array.
template <class T, class... Args>
std::shared_ptr<T> MakeShared(Args&&... args) {
  static_assert(!std::is_array_v<T>, "MakeShared makes single objects");
  using Made = finalize_internal::MadeReferent<std::remove_cv_t<T>>;
  auto made = std::make_unique<Made>(std::forward<Args>(args)...);
  T* const object = made->object();
  std::shared_ptr<T> shared(object,
                            finalize_internal::SharedDeleter(std::move(made)));
  finalize_internal::SharedDeleter::Attach(shared);
  return shared;
}

// Returns a shared_ptr that owns the object of `owned`; null if `owned` is
// null.
template <class T, class D>
std::shared_ptr<T> Adopt(std::unique_ptr<T, D> owned) {
  static_assert(!std::is_array_v<T>, "Adopt takes single objects");
  if (owned == nullptr) return nullptr;
  using Adopted = finalize_internal::AdoptedReferent<T, D>;
  T* const object = owned.get();
  std::shared_ptr<T> shared(object,
                            finalize_internal::SharedDeleter(
                                std::make_unique<Adopted>(std::move(owned))));
  finalize_internal::SharedDeleter::Attach(shared);
  return shared;
}

// Returns true if MakeShared or Adopt created what `owner` owns, so that
// finalizers can be attached to it, and weak containers and callbacks notice
// its death immediately (weak_ref.h). Returns false for a null pointer.
template <class T>
bool IsAttachable(const std::shared_ptr<T>& owner) {
  return finalize_internal::SharedDeleterOf(owner) != nullptr;
}

}  // namespace finalize

#endif  // FINALIZE_SHARED_H_
