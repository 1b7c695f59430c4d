// SPDX-License-Identifier: Apache-2.0

// What `finalize-reap --kept` and `--trim_kept` print.
//
// Text: a line for each failure that was kept, newest first: `kept <path>
// age=2h5m entries=3 bytes=70 prefix=build-`, and ` in use` if a process holds
// it. What was trimmed is printed as what was reaped (reap_output.h).
//
// JSON: {"parents": [{"parent", "kept": [{"path", "age_seconds", "entries",
// "bytes", "prefix", "in_use"}] | "error"}]}.

#ifndef TEMPDIR_COMMAND_KEPT_OUTPUT_H_
#define TEMPDIR_COMMAND_KEPT_OUTPUT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tempdir/reap_report.h"

namespace tempdir_internal {

struct ParentKept {
  std::string parent;  // as it was given
  absl::StatusOr<std::vector<tempdir::KeptFailure>> failures;
};

std::string KeptText(const std::vector<ParentKept>& kept, absl::Time now);
std::string KeptJson(const std::vector<ParentKept>& kept, absl::Time now);

}  // namespace tempdir_internal

#endif  // TEMPDIR_COMMAND_KEPT_OUTPUT_H_
