// SPDX-License-Identifier: Apache-2.0

// The end of the process: ExitOptions change how exit() drains the process
// registry, ExitTimeLeft returns how long a callback may still take, and
// IsExitingThread tells code which thread is ending the process.
//
//   finalize::ExitOptions options;
//   options.deadline = absl::Seconds(5);
//   options.failure_exit_code = 3;
//   absl::Status status = finalize::SetExitOptions(options);
//
//   finalize::AtExit("send queue", [&] {
//     queue.SendUntil(absl::Now() + finalize::ExitTimeLeft());
//   });
//
// docs/process_end.md has the rules of every end of a process ("exit()",
// "exit() on several threads", "Time limits"). In short:
//
// Order: one deadline holds for every end of the process. It counts from the
//   first of exit(), quick_exit(), a signal and std::terminate() that drains,
//   with the options as they are then. When it has passed, the drain stops
//   between callbacks: finalizers that have not run are destroyed and reported
//   (finalizers that wait for the end of a lifetime stay), and the process
//   registry refuses registrations. FINALIZE_EXIT_DEADLINE in the environment,
//   a duration such as 5s or 1m30s, takes precedence over the program's
//   deadline. It is read at the first registration, or by InstallExitHooks if
//   that comes first. A value that is not a finite, positive duration is
//   refused with a message; an empty value counts as unset.
// Threads: exit() drains on the thread that called it, and waits until the
//   deadline for callbacks that other threads are running, except if exit() was
//   called inside a callback. Another thread that calls exit() during the drain
//   waits there. It takes the drain over if the running callback has called
//   exit() itself; in the drain of a signal or of std::terminate() also if that
//   callback takes too long (ExitOptions::take_over).
// Failure: if a callback hangs for a second beyond the deadline, the watchdog
//   prints to standard error what is running and what has not run, and ends the
//   process by _exit with kWatchdogExitCode; after std::terminate(), by
//   abort().
// Lifetime: everything here can be used from the first static constructor until
//   the last instruction of the process.
//
// Not covered: exit handlers and static destructors after the drain, unless
// watch_whole_end is set or a thread waits in exit(). If the system has no
// thread at all for the watchdog, a callback that hangs is not ended.
//
// Thread-safe.
#ifndef FINALIZE_PROCESS_END_H_
#define FINALIZE_PROCESS_END_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "finalize/export.h"
#include "finalize/internal/base/requirements.h"

namespace finalize {

// The exit status of a process that its watchdog ended.
constexpr int kWatchdogExitCode = 124;

// The time limits and the exit status of the end of the process.
struct ExitOptions {
  // The time for all drains at the end of the process together, whatever ends
  // it. Must be finite and positive. The default leaves a margin below the 30 s
  // that Kubernetes grants.
  absl::Duration deadline = absl::Seconds(20);
  // 0: a failed drain does not change the exit status. From 1 to 255: the exit
  // status if a callback failed or was left, after exit() and quick_exit().
  int failure_exit_code = 0;
  // As DrainOptions::threads, whatever ends the process. Must not be negative.
  int threads = 0;
  // As DrainOptions::phase_limit. Must be positive.
  absl::Duration phase_limit = absl::InfiniteDuration();
  // How long the drain may take before the watchdog names on standard error
  // each callback that is running. The default is below the 10 s that Docker
  // grants. Must be positive. Infinite: it names none.
  absl::Duration notice = absl::Seconds(8);
  // How much of the deadline is kept for temp dirs, from 0 to 1. If the drain
  // has not ended by then, the watchdog names what is running and removes the
  // temp dirs of the process while the drain continues. A callback that is only
  // slow then finds them removed; with 0 it has the whole deadline.
  double temp_dir_share = 0.1;
  // How long a callback may take in the drain of a signal or of
  // std::terminate() while another thread waits in exit(), before that thread
  // takes the drain over. Has no effect with `threads` or a finite
  // `phase_limit`, whose callbacks run on other threads. 0: two thirds of the
  // time that remains until the deadline when the callback is first seen.
  // Infinite: the thread never takes over, except from a callback that has
  // called exit().
  // Must not be negative.
  absl::Duration take_over = absl::ZeroDuration();
  // Whether the deadline holds for all of exit(), with static destructors and
  // other exit handlers, rather than for the drain alone.
  bool watch_whole_end = false;
};

// Sets the options for the drain at the end of the process. Returns
// InvalidArgument, which names the field, and sets nothing if `options` breaks
// a rule above.
FINALIZE_EXPORT absl::Status SetExitOptions(const ExitOptions& options);
// Returns the options that SetExitOptions has set last, or the defaults.
FINALIZE_EXPORT ExitOptions GetExitOptions();

// Returns the time that remains for the drains at the end of this process, or
// zero if their deadline has passed. If no such drain has begun, returns all of
// the time that ExitOptions::deadline or FINALIZE_EXIT_DEADLINE grants. Never
// returns an infinite duration. Callbacks of lower phases share the time that a
// callback leaves.
FINALIZE_EXPORT absl::Duration ExitTimeLeft();

// Returns true if this thread runs the drain of exit(), quick_exit(), a signal
// or std::terminate(), or has run it and continues with the handlers and static
// destructors that follow. Returns false on the helper threads of that drain
// (ExitOptions::threads), and in a forked child. Allocates nothing and takes no
// lock.
//
// For code that other threads must not call any more then, while static
// destructors still do:
//
//   if (pool.closed() && !finalize::IsExitingThread()) return Refused();
FINALIZE_EXPORT bool IsExitingThread();

}  // namespace finalize

#endif  // FINALIZE_PROCESS_END_H_
