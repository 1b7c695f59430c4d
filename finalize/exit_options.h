// What happens at exit(), for a program that wants something else than the
// defaults.
//
//   finalize::ExitOptions options;
//   options.deadline = absl::Seconds(5);
//   options.failure_exit_code = 3;
//   absl::Status status = finalize::SetExitOptions(options);
//
// exit() drains the process registry on the thread that called it. A callback
// that calls exit() again does not stop the rest: it still runs, once, and
// then the process ends. Another thread that calls exit() meanwhile waits
// there, so that it cannot end the process under the drain. exit_hooks.h has
// the same for signals, quick_exit() and std::terminate(), and says how they
// meet.
//
// The drain waits, to its deadline, for callbacks that other threads are
// running; not for one that has called exit(), nor inside a callback.
//
// Taking over: a thread that waits in exit() while another one drains, for a
// signal say, watches that drain. If the callback under way cannot come back,
// since it has called exit() as well, the waiting thread goes on with the rest
// at once. If the callback is merely slow, it does so after `take_over`. The
// callback is then treated as a stuck one of a drain with threads: its thread
// runs nothing more, its callable is left alone, the end waits for it until the
// deadline, and it is reported as running if it has not ended by then. The
// process ends as it would have, by the signal.
//
// What depends on the C library: from glibc 2.41 on exit() and quick_exit()
// take one lock, before anything else, and never release it. Only the thread
// that holds it reaches this library; any other thread that calls either sleeps
// in the C library for good. Everything said here and in exit_hooks.h holds
// there, with three differences:
//   - That a callback sleeps on that lock is seen by /proc/self/task. Where
//     /proc is not mounted, or is closed to the process (prctl
//     PR_SET_DUMPABLE), the callback counts as slow.
//   - A thread that has called exit() and is held up before the drain, by an
//     exit handler or a thread_local destructor that is newer than the first
//     registration, can take nothing over: a callback that calls exit()
//     meanwhile hangs to the deadline, and the watchdog ends the process.
//   - quick_exit() cannot cut off an exit() that hangs behind the drain. With
//     watch_whole_end the watchdog does.
// A child that is forked while another thread is in exit() must not call exit()
// there: exit_in_child.h.
//
// Deadline: the drain stops between callbacks when the deadline has passed.
// What is left is destroyed, unrun, and reported; what waits for the end of a
// lifetime stays. From then on registrations in the process registry are
// refused. A watchdog, armed with the drain, ends the process if a callback
// hangs for a second beyond the deadline: it prints what runs and what is left
// to standard error and calls _exit with kWatchdogExitCode.
//
// Notice: if the drain takes longer than `notice`, the watchdog names on
// standard error each callback that is running, before a supervisor that grants
// 10 s, as Docker does, kills the process without a word.
//
// Temp dirs: the last share of the deadline is kept for them. If the drain has
// not ended by then, because a callback hangs or there is too much to do, the
// watchdog names what is running and removes the temp dirs of the process, of
// both styles, while the drain goes on. A callback that is merely slow then
// finds them gone: a share of 0 lets it have the whole deadline. Nothing else
// is taken out of its order.
//
// Behind the drain a program's exit handlers and static destructors take the
// time they take. But if a thread waits in exit() when the deadline has passed,
// the process may well wait for that thread: then the watchdog ends it, and
// names the threads. It does so for every end that outlives the deadline if
// watch_whole_end is true. In a shared library that has its own copy of this
// one, and is unloaded during exit(), the watch ends there.
//
// Signal handlers: POSIX forbids exit() in one, and programs do it. The end
// comes all the same, with the status that was asked for or, at the latest a
// second after the deadline, with kWatchdogExitCode. If the handler interrupted
// this library, what is pending on the list that was being changed is left, and
// reported; everything else runs. If it interrupted malloc(), what needs memory
// hangs. For that the watchdog's first part is a thread without the C library:
// it is started before the drain waits for anything, and allocates nothing. Not
// covered: a handler that interrupted atexit() or an exit handler's lock, where
// exit() hangs before it reaches this library.
//
// The environment variable FINALIZE_EXIT_DEADLINE, a duration such as 5s or
// 1m30s, goes before the program's deadline. It is read at the first
// registration, or by InstallExitHooks if that comes first; a value that is no
// finite, positive duration is refused there, with a message. An empty value
// counts as unset.
//
// What at_exit = false skips is destroyed and reported in the same way. What is
// left in a child registry is reported, and stays there. If the system has no
// thread for the watchdog, which is said on standard error, a callback that
// hangs is not ended.
//
// Once the drain is over, and static destructors run, another exit() is the C
// library's affair again: glibc before 2.41 lets both go on. So it is with more
// than eight threads that call exit() at one instant.
//
// The deadline holds for every end of the process: it counts from the first of
// exit(), quick_exit(), a signal and std::terminate() to drain, as it is then.
//
// Thread-safe.
#ifndef FINALIZE_EXIT_OPTIONS_H_
#define FINALIZE_EXIT_OPTIONS_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "finalize/requirements.h"

namespace finalize {

// The exit status of a process that its watchdog ended.
constexpr int kWatchdogExitCode = 124;

struct ExitOptions {
  // For all drains at the end of the process together, whatever ends it. Must
  // be finite and positive. The default leaves a margin under the 30 s that
  // Kubernetes grants.
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
  // How long one callback of another thread's drain may take while this thread
  // waits in exit(), until it takes the drain over. 0: half of the time that is
  // left to the deadline when the callback is first seen. Infinite: never, but
  // for a callback that has called exit(). Not negative.
  absl::Duration take_over = absl::ZeroDuration();
  // Whether the deadline holds for all of exit(), static destructors and other
  // exit handlers included, and not for the drain alone.
  bool watch_whole_end = false;
};

// Sets the options for the exit drain. InvalidArgument, which names the field,
// if `options` breaks a rule above: nothing is set then.
absl::Status SetExitOptions(const ExitOptions& options);
ExitOptions GetExitOptions();

}  // namespace finalize

#endif  // FINALIZE_EXIT_OPTIONS_H_
