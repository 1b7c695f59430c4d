// SPDX-License-Identifier: Apache-2.0

// What finalize-reap prints.
//
// Text: a line for each root, `<outcome> <path>` and what there is to say of
// it; what is in use, kept or gone only if all are asked for. Lines for parents
// that could not be looked at start with `error`.
//
// JSON: {"parents": [{"parent", "file_system", "timed_out", "elapsed_seconds",
// "roots": [{"path", "outcome", "entries", "bytes", "present_path"?, "error"?}]
// | "error"}]}. What is not UTF-8 in a path has U+FFFD in its place.

#ifndef TEMPDIR_COMMAND_REAP_OUTPUT_H_
#define TEMPDIR_COMMAND_REAP_OUTPUT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tempdir/reap_report.h"

namespace tempdir_internal {

struct ParentReaped {
  std::string parent;  // as it was given
  absl::StatusOr<tempdir::ReapReport> report;
};

std::string ReapText(const std::vector<ParentReaped>& reaped, bool all);
std::string ReapJson(const std::vector<ParentReaped>& reaped);

// Whether nothing was refused, failed or is left to be done.
bool AllWell(const std::vector<ParentReaped>& reaped);

}  // namespace tempdir_internal

#endif  // TEMPDIR_COMMAND_REAP_OUTPUT_H_
