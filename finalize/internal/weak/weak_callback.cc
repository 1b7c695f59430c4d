// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/weak/weak_callback.h"

#include "finalize/internal/base/callback_text.h"
#include "finalize/internal/base/ignoring_bad_alloc.h"
#include "finalize/internal/base/lock.h"
#include "finalize/internal/inspect/finalizer_ops.h"
#include "finalize/internal/node/core.h"
#include "finalize/internal/node/process_core.h"
#include "finalize/internal/weak/weak_links.h"

namespace finalize_internal {
namespace {

// Calls visit(link) for the weak references on the list of a referent. The
// caller holds its lock.
template <class Visit>
void VisitLinks(SharedDeleter* referent, Visit visit) {
  for (WeakLink* link = referent->weak_links()->newest; link != nullptr;
       link = link->older) {
    visit(link);
  }
}

}  // namespace

std::shared_ptr<WeakCallback> NewWeakCallback() noexcept {
  std::shared_ptr<WeakCallback> callback;
  IgnoringBadAlloc([&] { callback = std::make_shared<WeakCallback>(); });
  return callback;
}

WeakCallback::~WeakCallback() {
  UnlinkWeak(this);
  CancelForGood(callback_);
}

void WeakCallback::Start(SharedDeleter* referent, const NodeRef& callback) {
  callback_ = callback;
  LinkWeak(referent, this);
}

bool WeakCallback::pending() const { return Alive(callback_); }

std::vector<std::shared_ptr<WeakCallback>> WeakCallbacksOf(
    SharedDeleter* referent) {
  std::vector<std::shared_ptr<WeakCallback>> callbacks;
  if (referent == nullptr) return callbacks;
  for (size_t wanted = 1; wanted > callbacks.capacity();) {
    callbacks.clear();  // nothing is allocated or destroyed under the lock
    callbacks.reserve(wanted);
    wanted = 0;
    LockHolder lock(LockAt(referent->list()->lane));
    VisitLinks(referent, [&](WeakLink* link) {
      if (link->kind != WeakLink::kCallback ||
          ++wanted > callbacks.capacity()) {
        return;
      }
      auto callback = static_cast<WeakCallback*>(link)->weak_from_this().lock();
      if (callback != nullptr) callbacks.push_back(std::move(callback));
    });
  }
  return callbacks;
}

size_t CountReferences(SharedDeleter* referent) {
  if (referent == nullptr) return 0;
  size_t count = 0;
  LockHolder lock(LockAt(referent->list()->lane));
  VisitLinks(referent, [&](WeakLink*) { ++count; });
  for (Node* node = referent->list()->newest; node != nullptr;
       node = node->lifetime_link().older) {
    if (node->core != kWeakCoreId) ++count;
  }
  return count;
}

std::string WeakText(const char* what, const TypeIdentity& type,
                     const volatile void* address) {
  std::string text = "<";
  text += what;
  if (address == nullptr) return text + "; dead>";
  text += " to ";
  AppendTypeName(type, &text);
  text += " at ";
  AppendPointer(const_cast<const void*>(address), &text);
  return text + ">";
}

}  // namespace finalize_internal
