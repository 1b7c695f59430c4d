// SPDX-License-Identifier: Apache-2.0

// DetachedCallback is the callable that Detach returns: it owns a detached
// node. It is one pointer, so that absl::AnyInvocable stores it without an
// allocation.
#ifndef FINALIZE_INTERNAL_LIFE_DETACHED_H_
#define FINALIZE_INTERNAL_LIFE_DETACHED_H_

#include <optional>
#include <type_traits>
#include <utility>

#include "finalize/export.h"
#include "finalize/internal/node/node.h"

namespace finalize_internal {

// Runs the callback of a node in state kDetached. The node stays in that state.
// Exceptions of the callback propagate.
FINALIZE_INTERNAL_EXPORT void RunDetached(Node* node, void* result);
// Destroys the callback of a node in state kDetached and frees the node.
FINALIZE_INTERNAL_EXPORT void DropDetached(Node* node);

template <class R>
class DetachedCallback {
 public:
  explicit DetachedCallback(Node* node) : node_(node) {}
  DetachedCallback(DetachedCallback&& other) noexcept
      : node_(std::exchange(other.node_, nullptr)) {}
  DetachedCallback& operator=(DetachedCallback&&) = delete;
  ~DetachedCallback() {
    if (node_ != nullptr) DropDetached(node_);
  }

  R operator()() && {
    if constexpr (std::is_void_v<R>) {
      RunDetached(node_, nullptr);
    } else {
      std::optional<R> result;
      RunDetached(node_, &result);
      return *std::move(result);
    }
  }

 private:
  Node* node_;
};

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_LIFE_DETACHED_H_
