// SPDX-License-Identifier: Apache-2.0

// ExitInChild ends a forked child that cannot call exit().
//
//   const pid_t child = fork();
//   if (child == 0) {
//     finalize::AtExit("remove the child's socket", RemoveSocket);
//     finalize::ExitInChild(Work() ? 0 : 1);
//   }
//
// Why: from glibc 2.41 on, if one thread is in exit() while another one forks,
// exit(), quick_exit() and a return from main sleep permanently in the child. A
// child that may be forked at such a moment ends by this function, or by
// _exit(). docs/fork.md explains it.
//
// Order: first, the process registry of the child is drained, as by exit():
//   with cause kExit, and the deadline, the watchdog and the failure_exit_code
//   of ExitOptions (process_end.h). Nothing that the parent registered runs.
//   Then stdout and stderr are flushed, and _exit(status) is called.
// Threads: runs on the thread that calls it.
// Failure: reported; the remaining callbacks still run. exit() in a callback
//   sleeps permanently as well; the watchdog ends the child at the deadline,
//   with status kWatchdogExitCode. If a stream is a full pipe that nothing
//   reads, the watchdog ends the child, too.
// Lifetime: static objects are not destroyed. In a process that is not a forked
//   child, the function does the same: it is an exit() that runs only
//   finalizers.
//
// Not covered: other exit handlers and static destructors. Output in the
// buffers of other streams is lost: call fflush() on them first. A stream that
// another thread holds is skipped. As with exit(), both processes write output
// that the parent had buffered before the fork.
//
// Thread-safe. Not for use in a signal handler or in the child of a vfork().
#ifndef FINALIZE_EXIT_IN_CHILD_H_
#define FINALIZE_EXIT_IN_CHILD_H_

#include "finalize/export.h"
#include "finalize/internal/base/requirements.h"

namespace finalize {

// Drains the process registry and ends the process with `status`.
[[noreturn]] FINALIZE_EXPORT void ExitInChild(int status);

}  // namespace finalize

#endif  // FINALIZE_EXIT_IN_CHILD_H_
