// MakeShared and Adopt: shared_ptrs to which finalizers can be attached later,
// through any pointer that shares ownership.
//
//   std::shared_ptr<Image> image = finalize::MakeShared<Image>("cat.png");
//   std::shared_ptr<const void> handle = image;  // aliases and conversions too
//   finalize::OnDestroy(handle, "forget", Forget, std::string("cat.png"));
//   image.reset();
//   handle.reset();  // ~Image, then Forget("cat.png"), then the memory is free
//
// At the death of the object: every weak reference is dead first, then the
// destructor runs, then the callbacks, newest first, then the memory is freed.
// (Adopt's object is destroyed and freed by its own deleter, before the
// callbacks.) Finalizers run whatever their at_exit says; an object that is
// never destroyed has them run by exit().
//
// A callback that captures a shared_ptr to its own referent keeps it alive: it
// runs at exit only.
//
// OnDestroy on a null pointer, or on one that something else made (std::
// make_shared, say), is refused: a dead handle and a failure report, or a run
// at once where Options::if_closed says so.
//
// Thread-safe as std::shared_ptr is: threads may attach, run and drop through
// pointers of their own.
#ifndef FINALIZE_SHARED_H_
#define FINALIZE_SHARED_H_

#include <memory>
#include <type_traits>
#include <utility>

#include "finalize/internal/weak/shared_deleter.h"
#include "finalize/lifetime.h"

namespace finalize {

// Makes a T. As std::make_shared, but the object's memory is freed with the
// last strong pointer, and T must not be an array.
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

// Takes over an object. A null pointer gives a null pointer.
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

// Whether finalizers can be attached to what `owner` owns: MakeShared or Adopt
// made it. Weak containers and callbacks hear of the death of such an object at
// once (weak_ref.h). False for a null pointer.
template <class T>
bool IsAttachable(const std::shared_ptr<T>& owner) {
  return finalize_internal::SharedDeleterOf(owner) != nullptr;
}

}  // namespace finalize

#endif  // FINALIZE_SHARED_H_
