// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/life/detached.h"

#include "finalize/internal/life/finish.h"
#include "finalize/internal/node/callback.h"

namespace finalize_internal {

void RunDetached(Node* node, void* result) {
  Failure unused;
  node->ops->run(node->callable(), finalize::Cause::Kind::kCall, result,
                 &unused);
}

void DropDetached(Node* node) {
  if (!node->ops->trivial) node->ops->destroy(node->callable());
  FreeNode(node);
}

}  // namespace finalize_internal
