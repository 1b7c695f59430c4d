// ExitInChild: ends a forked child that cannot call exit().
//
//   const pid_t child = fork();
//   if (child == 0) {
//     finalize::AtExit("remove the child's socket", RemoveSocket);
//     finalize::ExitInChild(Work() ? 0 : 1);
//   }
//
// From glibc 2.41 on exit() takes a lock, and never releases it. If one thread
// of a program is in exit() while another forks, the child inherits the lock
// without the thread that holds it: exit() and quick_exit() of the child sleep
// for good, with or without this library. A return from the child's main is an
// exit(). A child that may be forked so ends by this function, or by _exit().
//
// It drains the process registry of the child, as exit() does: with the cause
// kExit, the deadline, the watchdog and the failure_exit_code of ExitOptions
// (exit_options.h). What the parent registered does not run. Then it flushes
// stdout and stderr, and calls _exit(status).
//
// Other exit handlers and static destructors do not run. What is buffered in
// other streams is lost: call fflush() on them before. A stream that another
// thread holds is passed over; where one is a full pipe that nobody reads, the
// watchdog ends the child. As with exit(), output that the parent had buffered
// before the fork is written by both.
//
// A callback that calls exit() there sleeps for good as well: the watchdog ends
// the child at the deadline, with status kWatchdogExitCode.
//
// In a process that is no forked child it does the same: it is an exit() that
// runs finalizers only.
//
// Thread-safe. Not for signal handlers, nor for the child of a vfork().
#ifndef FINALIZE_EXIT_IN_CHILD_H_
#define FINALIZE_EXIT_IN_CHILD_H_

#include "finalize/requirements.h"

namespace finalize {

[[noreturn]] void ExitInChild(int status);

}  // namespace finalize

#endif  // FINALIZE_EXIT_IN_CHILD_H_
