// SPDX-License-Identifier: Apache-2.0

// SetFailureReporter: sets the function that is called for failures that no
// caller can receive.
//
//   finalize::SetFailureReporter([](const finalize::ReportEntry& entry) {
//     MyLog(entry.ToString());
//   });
//
// It is called for a callback that threw or returned a non-OK status (except in
// an explicit Run()), for a registration that was refused, and, at the end of
// the process, for callbacks that the deadline left, that ran past it, or that
// at_exit = false skipped. If a Report has entries, the same failure is in them
// too.
//
// The default reporter writes one line to standard error with one write(2):
// "finalize: " and the entry's ToString(). Names in it are escaped
// (escaped_text.h), so no file name can begin another line. It takes no lock,
// so a forked child may use it, and it raises no SIGPIPE if nothing reads
// standard error any more. Without memory for the line it writes the number and
// the place only.
//
// Threads: the reporter is called on the thread on which the failure occurred,
//   with no lock held, and may be called on several threads at once. It may
//   register, run and detach finalizers. A finalizer counts as running until
//   the reporter returns; a retryable one is already pending again when the
//   reporter is called.
// Failure: an exception that the reporter throws is dropped. A failure that
//   occurs inside it is passed to the default reporter.
// Lifetime: the reporter must own what it uses. When SetFailureReporter()
//   returns, the old one may still be running on another thread.
//
// Thread-safe.
#ifndef FINALIZE_FAILURE_REPORTER_H_
#define FINALIZE_FAILURE_REPORTER_H_

#include "finalize/export.h"
#include "finalize/report.h"
#include "finalize/shared_function.h"

namespace finalize {

using FailureReporter = SharedFunction<void(const ReportEntry&)>;

// Replaces the failure reporter and returns the previous one. An empty function
// stands for the default reporter.
FINALIZE_EXPORT FailureReporter SetFailureReporter(FailureReporter reporter);

// Calls the failure reporter with `entry`: for libraries that clean up by
// themselves and have no caller to whom they could return a failure. Without
// memory the default reporter writes a shorter line.
FINALIZE_EXPORT void ReportFailure(const ReportEntry& entry) noexcept;

}  // namespace finalize

#endif  // FINALIZE_FAILURE_REPORTER_H_
