// SPDX-License-Identifier: Apache-2.0

// What a failed system call is to the client of an upload.
#ifndef EXAMPLES_SPOOL_SERVICE_SYSTEM_ERROR_H_
#define EXAMPLES_SPOOL_SERVICE_SYSTEM_ERROR_H_

#include <cerrno>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace spool_service {

// Returns ResourceExhausted for a full disk alone, and else Internal: to
// absl::ErrnoToStatus a process without descriptors has exhausted a resource,
// too.
inline absl::Status SystemError(int error, absl::string_view what) {
  if (error == ENOSPC || error == EDQUOT) {
    return absl::ResourceExhaustedError(
        absl::StrCat(what, ": the disk is full"));
  }
  return absl::InternalError(absl::StrCat(what, ": ", std::strerror(error)));
}

}  // namespace spool_service

#endif  // EXAMPLES_SPOOL_SERVICE_SYSTEM_ERROR_H_
