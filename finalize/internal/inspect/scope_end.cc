#include "finalize/internal/inspect/scope_end.h"

#include "finalize/internal/inspect/finalizer_ops.h"
#include "finalize/internal/life/claim.h"
#include "finalize/internal/life/run.h"
#include "finalize/internal/node/fork_epoch.h"

namespace finalize_internal {

void EndScope(const NodeRef& ref) noexcept {
  if (Node* node = ClaimToRun(ref)) {
    RunReported(CoreAt(node->core), node, finalize::Cause::Kind::kScope);
  } else if (Inherited(ref)) {
    ForbidAdopting(ref.node->epoch.load(std::memory_order_relaxed));
  } else {
    Wait(ref, INT64_MAX);
  }
}

}  // namespace finalize_internal
