// What happens to a failure that cannot be returned to anybody: it goes to the
// failure reporter.
//
//   finalize::SetFailureReporter([](const finalize::ReportEntry& entry) {
//     MyLog(entry.ToString());
//   });
//
// Reported are: a callback that threw or returned a non-OK status, on every
// path but an explicit Run(); a registration that was refused; and, at process
// end, what the deadline left, what ran past it, and what at_exit = false
// skipped. Where Report entries exist, the same failure is in them too.
//
// The default reporter writes one line, "finalize: " and the entry's
// ToString(), to standard error with one write(2). Names in it are escaped
// (escaped_text.h): no file name makes another line. It takes no lock, so it is
// safe in a forked child, and raises no SIGPIPE where nobody reads any more.
// Without memory for that line it says the number and the place.
//
// Thread-safe. The reporter is called on the thread on which the failure came
// up, with no lock held, on several threads at once if so it happens. For a
// callback it is a part of the run: the finalizer is running until the reporter
// has returned; a retryable one is already pending again when it is called. It
// may register, run and detach finalizers. An exception that it throws is
// dropped, and a failure inside it goes to the default reporter.
#ifndef FINALIZE_FAILURE_REPORTER_H_
#define FINALIZE_FAILURE_REPORTER_H_

#include "finalize/report.h"
#include "finalize/shared_function.h"

namespace finalize {

using FailureReporter = SharedFunction<void(const ReportEntry&)>;

// Replaces the failure reporter and returns the one before; empty stands for
// the default one. A call that another thread has begun may still be running
// the old one when this returns.
FailureReporter SetFailureReporter(FailureReporter reporter);

// Hands an entry to the failure reporter: for libraries that clean up on their
// own and cannot tell a caller that it failed. Without memory the default
// reporter writes a shorter line.
void ReportFailure(const ReportEntry& entry) noexcept;

}  // namespace finalize

#endif  // FINALIZE_FAILURE_REPORTER_H_
