// SPDX-License-Identifier: Apache-2.0

// Finds and removes what failures left in a directory; tempdir/kept_failures.h
// is the manual.
//
//   open ---> marked as a failure? ---> lock exclusively ---> the same entry,
//     and still marked? ---> remove its contents ---> remove the mark --->
//     rmdir
//
// If the process is killed at any point, the mark is left for the next call, or
// an empty directory without a mark, which the next reaper removes.
//
// Listing takes the lock briefly, to learn whether another process holds it.
//
// Thread-safe; keeps no state between calls.

#ifndef TEMPDIR_INTERNAL_REAP_FAILURE_TRIM_H_
#define TEMPDIR_INTERNAL_REAP_FAILURE_TRIM_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tempdir/reap_report.h"

namespace tempdir_internal {

// Returns those in `parent`, which is open at `parent_fd` for reading, the
// newest first.
absl::StatusOr<std::vector<tempdir::KeptFailure>> ListFailures(
    int parent_fd, const std::string& parent);

absl::StatusOr<tempdir::ReapReport> TrimFailures(
    int parent_fd, const std::string& parent,
    const tempdir::TrimOptions& options);

}  // namespace tempdir_internal

#endif  // TEMPDIR_INTERNAL_REAP_FAILURE_TRIM_H_
