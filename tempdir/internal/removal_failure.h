// What becomes of a failure to remove a temp dir that no caller can be told.

#ifndef TEMPDIR_INTERNAL_REMOVAL_FAILURE_H_
#define TEMPDIR_INTERNAL_REMOVAL_FAILURE_H_

#include "absl/status/status.h"
#include "tempdir/internal/owned_directory.h"

namespace tempdir_internal {

// Does what the directory's options say. Lets nothing escape.
void HandleFailure(const OwnedDirectory& directory,
                   const absl::Status& status) noexcept;

// The same for a callback of a drain, which reports the failure itself.
void HandleFailureInDrain(const OwnedDirectory& directory,
                          const absl::Status& status) noexcept;

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_REMOVAL_FAILURE_H_
