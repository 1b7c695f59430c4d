#include "finalize/adopt_after_fork.h"

#include "finalize/internal/base/ignoring_bad_alloc.h"
#include "finalize/internal/drain/adoption.h"

namespace finalize {

absl::StatusOr<size_t> AdoptAfterFork() {
  using finalize_internal::Adoption;
  using finalize_internal::StatusOrBareCode;
  size_t count = 0;
  switch (finalize_internal::AdoptInherited(&count)) {
    case Adoption::kDone:
      return count;
    case Adoption::kNothingInherited:
      return absl::FailedPreconditionError(
          "nothing to adopt: this process uses the library already");
    case Adoption::kUnadoptable:
      return absl::FailedPreconditionError(
          "a registry, scope or object that was inherited has ended or has "
          "been used before it was adopted");
    case Adoption::kForkedWithoutHook:
      return absl::FailedPreconditionError(
          "the fork ran no fork hooks, as raw clone() and _Fork() do");
    case Adoption::kNoExitHook:
      return StatusOrBareCode(absl::StatusCode::kResourceExhausted,
                              [] { return "no memory for an exit hook"; });
  }
  return absl::InternalError("unknown outcome");
}

}  // namespace finalize
