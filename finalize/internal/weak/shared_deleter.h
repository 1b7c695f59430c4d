// SPDX-License-Identifier: Apache-2.0

// SharedDeleter is the deleter of a shared_ptr that MakeShared or Adopt
// created. It is in the control block, where std::get_deleter finds it through
// any pointer that shares ownership.
#ifndef FINALIZE_INTERNAL_WEAK_SHARED_DELETER_H_
#define FINALIZE_INTERNAL_WEAK_SHARED_DELETER_H_

#include <memory>
#include <new>
#include <utility>

#include "finalize/export.h"
#include "finalize/internal/life/cascade.h"
#include "finalize/internal/life/lifetime_list.h"
#include "finalize/internal/node/weak_link.h"
#include "finalize/internal/weak/weak_links.h"

namespace finalize_internal {

// An object constructed in place. Its memory is freed after the callbacks have
// run.
template <class T>
class MadeReferent final : public OwnedReferent {
 public:
  template <class... Args>
  explicit MadeReferent(Args&&... args)
      : object_(new (storage_) T(std::forward<Args>(args)...)) {}
  T* object() const { return object_; }
  void Destroy() override { object_->~T(); }

 private:
  alignas(T) unsigned char storage_[sizeof(T)];
  T* const object_;
};

// An object with its own deleter, which also frees its memory.
template <class T, class D>
class AdoptedReferent final : public OwnedReferent {
 public:
  explicit AdoptedReferent(std::unique_ptr<T, D> owned)
      : owned_(std::move(owned)) {}
  void Destroy() override { owned_.reset(); }

 private:
  std::unique_ptr<T, D> owned_;
};

class FINALIZE_EXPORT_TYPE SharedDeleter {
 public:
  explicit SharedDeleter(std::unique_ptr<OwnedReferent> referent)
      : referent_(std::move(referent)) {}
  SharedDeleter(SharedDeleter&& other) noexcept  // before Attach
      : referent_(std::move(other.referent_)) {}

  void operator()(const volatile void*) {
    WeakLink* detached = nullptr;
    if (!weak_links_.empty()) {
      detached = DetachReferent(&weak_links_, list_.lane);
    }
    referent_->Destroy();
    if (detached != nullptr || !list_.empty()) {
      EndReferent(&list_, detached);
    }
    self_.reset();
    referent_.reset();
  }

  // Lets a peek at a finalizer of the object find the object. `owner` was just
  // created with a SharedDeleter.
  template <class T>
  static void Attach(const std::shared_ptr<T>& owner) {
    SharedDeleter* deleter = std::get_deleter<SharedDeleter>(owner);
    deleter->self_ = std::const_pointer_cast<std::remove_cv_t<T>>(owner);
    deleter->list_.shared = &deleter->self_;
  }

  LifetimeList* list() { return &list_; }
  WeakLinks* weak_links() { return &weak_links_; }

 private:
  LifetimeList list_;
  WeakLinks weak_links_;
  // Reset when the object dies, so that the control block does not keep
  // itself.
  std::weak_ptr<void> self_;
  std::unique_ptr<OwnedReferent> referent_;
};

// Returns whether `pointer` owns an object. A shared_ptr that aliases an empty
// one points to something and owns nothing, so no weak reference to it can be
// alive: all of the library treats it as null.
template <class T>
bool OwnsObject(const std::shared_ptr<T>& pointer) {
  return pointer != nullptr && pointer.use_count() != 0;
}

// Returns null if the pointer is null, or was not created by MakeShared or
// Adopt.
template <class T>
SharedDeleter* SharedDeleterOf(const std::shared_ptr<T>& owner) {
  return std::get_deleter<SharedDeleter>(owner);
}

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_WEAK_SHARED_DELETER_H_
