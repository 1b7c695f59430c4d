// SPDX-License-Identifier: Apache-2.0

// KeptFailures lists the temp dirs that failures left for a post-mortem, and
// TrimKeptFailures removes the oldest of them.
//
//   auto failures = tempdir::KeptFailures("/var/scratch");
//   if (!failures.ok()) return failures.status();
//   for (const tempdir::KeptFailure& failure : *failures) {
//     std::cout << failure.path << " " << failure.kept_at << "\n";
//   }
//   tempdir::TrimOptions options;
//   options.keep_last = 10;
//   auto report = tempdir::TrimKeptFailures("/var/scratch", options);
//
// TempDirOptions::set_keep_on_failure() moves a temp dir or a temp file whose
// owner failed into `<parent>/finalize-<uid>-<random>`, a directory that
// reapers leave; after a crash the whole root stays. A file `.keep` in it
// records that. Without trimming these directories pile up.
// TempDirOptions::set_keep_last() trims when it keeps one; `finalize-reap
// --kept` and `--trim_kept` list and trim by hand.
//
// Only what failures left is listed and trimmed: never a live root, nothing
// that Keep() or FINALIZE_KEEP_TEMP_DIRS kept, nothing that a person marked
// with a file `.keep`, and nothing of another user. The directory's owner and a
// mark inside that names this directory decide. To save a failure, move its
// content elsewhere, empty its `.keep`, or hold a lock on the directory
// (`flock -s <path> sleep infinity`).
//
// Thread-safe.
#ifndef TEMPDIR_KEPT_FAILURES_H_
#define TEMPDIR_KEPT_FAILURES_H_

#include <vector>

#include "absl/status/statusor.h"
#include "finalize/export.h"
#include "tempdir/path_argument.h"
#include "tempdir/reap_report.h"

namespace tempdir {

// Returns what failures of the effective user left in `parent`, newest first;
// an empty `parent` means $TMPDIR. The errors are those of opening and reading
// it.
FINALIZE_EXPORT absl::StatusOr<std::vector<KeptFailure>> KeptFailures(
    PathArgument parent = "");

// Removes all of these except what the options keep. The report has an entry
// for each that was to be removed: kRemoved, kRemovable (in a dry run), kInUse,
// kGone or kFailed. Returns FailedPrecondition if flock is not known to work
// there.
FINALIZE_EXPORT absl::StatusOr<ReapReport> TrimKeptFailures(
    PathArgument parent = "", const TrimOptions& options = {});

}  // namespace tempdir

#endif  // TEMPDIR_KEPT_FAILURES_H_
