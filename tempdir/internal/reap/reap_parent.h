// SPDX-License-Identifier: Apache-2.0

// ReapParent: the removal of the roots of dead processes in one directory.
//
// tempdir/reap.h is its manual. Thread-safe; keeps no state between calls.

#ifndef TEMPDIR_INTERNAL_REAP_REAP_PARENT_H_
#define TEMPDIR_INTERNAL_REAP_REAP_PARENT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tempdir/internal/reap/root_reaper.h"
#include "tempdir/reap_report.h"

namespace tempdir_internal {

// `parent` is absolute.
absl::StatusOr<tempdir::ReapReport> ReapParent(
    const std::string& parent, const tempdir::ReapOptions& options,
    ReapScope scope = ReapScope::kUnlocked);

// Returns the status that ReapParent would return for `parent` with
// ReapScope::kOwnMount, without reading the directory.
absl::Status CheckReapable(const std::string& parent);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_REAP_REAP_PARENT_H_
