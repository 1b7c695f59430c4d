// SPDX-License-Identifier: Apache-2.0

// ErrnoStatus: absl::ErrnoToStatus with a code for each error number that a
// path can give.

#ifndef TEMPDIR_INTERNAL_SYSTEM_ERRNO_STATUS_H_
#define TEMPDIR_INTERNAL_SYSTEM_ERRNO_STATUS_H_

#include <errno.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace tempdir_internal {

// A loop of links is FailedPrecondition, as a component that is no directory
// is; Abseil calls it Unknown.
inline absl::Status ErrnoStatus(int error, absl::string_view message) {
  const absl::Status status = absl::ErrnoToStatus(error, message);
  if (error != ELOOP) return status;
  return absl::FailedPreconditionError(status.message());
}

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_SYSTEM_ERRNO_STATUS_H_
