// What failures left: a list of it, and a way to trim it.
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
// TempDirOptions::KeepOnFailure() moves a temp dir or a temp file whose owner
// failed into `<parent>/finalize-<uid>-<random>`, a directory that reapers
// leave; in a crash the whole root stays. A file `.keep` in it says so. Without
// trimming they pile up: TempDirOptions::KeepLast() trims as it keeps, and
// `finalize-reap --kept` and `--trim_kept` do it by hand.
//
// Only what failures left is listed and trimmed: never a live root, never what
// Keep() or FINALIZE_KEEP_TEMP_DIRS kept, never what a person marked with a
// file `.keep`, never what another user left. It is decided by the directory's
// owner and a mark inside that names this directory. To save a failure, move
// what it holds elsewhere, empty its `.keep`, or hold a lock on the directory
// (`flock -s <path> sleep infinity`).
//
// Thread-safe.

#ifndef TEMPDIR_KEPT_FAILURES_H_
#define TEMPDIR_KEPT_FAILURES_H_

#include <vector>

#include "absl/status/statusor.h"
#include "tempdir/kept_failure.h"
#include "tempdir/path_argument.h"
#include "tempdir/reap_report.h"

namespace tempdir {

// Returns what failures of the effective user left in `parent`, newest first;
// empty stands for $TMPDIR. The errors are those of opening and reading it.
absl::StatusOr<std::vector<KeptFailure>> KeptFailures(PathArgument parent = "");

// Removes all of these except what the options leave. The report names each
// that was to go: kRemoved, kRemovable (a dry run), kInUse, kGone or kFailed.
// FailedPrecondition if flock is not known to work there.
absl::StatusOr<ReapReport> TrimKeptFailures(PathArgument parent = "",
                                            const TrimOptions& options = {});

}  // namespace tempdir

#endif  // TEMPDIR_KEPT_FAILURES_H_
