// What happens at exit(), for a program that wants something else than the
// defaults.
//
//   finalize::ExitOptions options;
//   options.deadline = absl::Seconds(5);
//   options.failure_exit_code = 3;
//   finalize::SetExitOptions(options);
//
// exit() drains the process registry on the thread that called it. A callback
// that calls exit() again does not stop the rest: it still runs, once, and
// then the process ends. Another thread that calls exit() meanwhile is parked,
// so that it cannot end the process under the drain. exit_hooks.h has the same
// for signals, quick_exit() and std::terminate(), and says how they meet.
//
// The drain waits, to its deadline, for callbacks that other threads are
// running; not for one that has called exit(), nor inside a callback.
//
// Deadline: the drain stops between callbacks when the deadline has passed.
// What is left is destroyed, unrun, and reported; what waits for the end of a
// lifetime stays. From then on registrations in the process registry are
// refused. A watchdog, armed with the drain, ends the process if a callback
// hangs for a second beyond the deadline: it prints what runs and what is left
// to standard error and calls _exit with kWatchdogExitCode.
//
// Notice: if the drain takes longer than `notice`, the watchdog names on standard
// error each callback that is running, before a supervisor that grants 10 s, as
// Docker does, kills the process without a word.
//
// Temp dirs: the last share of the deadline is kept for them. If the drain has
// not ended by then, because a callback hangs or there is too much to do, the
// watchdog names what is running and removes the temp dirs of the process, of
// both styles, while the drain goes on. A callback that is merely slow then finds
// them gone: a share of 0 lets it have the whole deadline. Nothing else is taken
// out of its order.
//
// The environment variable FINALIZE_EXIT_DEADLINE, a duration such as 5s or
// 1m30s, goes before the program's deadline. It is read at the first
// registration, or by InstallExitHooks if that comes first; a value that is no
// finite, positive duration is refused there, with a message. An empty value
// counts as unset.
//
// What at_exit = false skips is destroyed and reported in the same way. What is
// left in a child registry is reported, and stays there. Without memory for
// the watchdog's thread, which is said on standard error, a callback that hangs
// is not ended.
//
// Once the drain is over, and static destructors run, another exit() is the C
// library's affair again: glibc before 2.41 lets both go on. So it is with more
// than eight threads that call exit() at one instant.
//
// The first of exit(), quick_exit(), a signal and std::terminate() to drain
// sets the deadline, for all of them.
//
// Thread-safe.
#ifndef FINALIZE_EXIT_OPTIONS_H_
#define FINALIZE_EXIT_OPTIONS_H_

#include "absl/time/time.h"

namespace finalize {

// The exit status of a process that its watchdog ended.
constexpr int kWatchdogExitCode = 124;

struct ExitOptions {
  // For all exit drains of the process together. Must be finite and positive.
  // The default leaves a margin under the 30 s that Kubernetes grants.
  absl::Duration deadline = absl::Seconds(20);
  // 0: a failed drain leaves the exit status as it is. Else, from 1 to 255, the
  // status with which the process ends where a callback failed or was left, by
  // exit() or by quick_exit().
  int failure_exit_code = 0;
  // As DrainOptions::threads, whatever ends the process. Not negative.
  int threads = 0;
  // As DrainOptions::phase_limit. Must be positive.
  absl::Duration phase_limit = absl::InfiniteDuration();
  // How long the drain may take before the watchdog says what is running.
  // Must be positive; infinite: it does not say.
  absl::Duration notice = absl::Seconds(8);
  // How much of the deadline is kept for temp dirs, from 0 to 1.
  double temp_dir_share = 0.1;
};

// Sets the options for the exit drain. Ends the process with a message where
// `options` breaks a rule above.
void SetExitOptions(const ExitOptions& options);
ExitOptions GetExitOptions();

}  // namespace finalize

#endif  // FINALIZE_EXIT_OPTIONS_H_
