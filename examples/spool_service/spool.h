// SPDX-License-Identifier: Apache-2.0

// The directory of the uploads (--spool), before the first one.
#ifndef EXAMPLES_SPOOL_SERVICE_SPOOL_H_
#define EXAMPLES_SPOOL_SERVICE_SPOOL_H_

#include <string>

#include "absl/status/status.h"

namespace spool_service {

// Removes what killed processes left in it, and says so on standard error:
// here, rather than in the background of the first upload, so that this has its
// space. Returns OK if the file system permits no reaping; standard error says
// that.
absl::Status ReapSpool(const std::string& spool);

// Returns why no upload can be put there, if so. OK if that is because the disk
// is full, which may change: standard error says it.
absl::Status TrySpool(const std::string& spool);

}  // namespace spool_service

#endif  // EXAMPLES_SPOOL_SERVICE_SPOOL_H_
