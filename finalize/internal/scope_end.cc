#include "finalize/internal/scope_end.h"

#include "finalize/internal/claim.h"
#include "finalize/internal/fork_epoch.h"
#include "finalize/internal/handle.h"
#include "finalize/internal/run.h"

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
