// SPDX-License-Identifier: Apache-2.0

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
          "nothing to adopt: this process was not forked, or has used the "
          "library");
    case Adoption::kUnadoptable:
      return absl::FailedPreconditionError(
          "an inherited registry, scope or object was destroyed or used before "
          "the adoption");
    case Adoption::kForkedWithoutHook:
      return absl::FailedPreconditionError(
          "the fork ran no fork handlers; raw clone() and _Fork() run none");
    case Adoption::kNoExitHook:
      return StatusOrBareCode(absl::StatusCode::kResourceExhausted,
                              [] { return "no memory for an exit handler"; });
  }
  return absl::InternalError("unknown outcome");
}

}  // namespace finalize
