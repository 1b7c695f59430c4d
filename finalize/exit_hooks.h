// SPDX-License-Identifier: Apache-2.0

// InstallExitHooks drains the process registry when a signal, quick_exit() or
// std::terminate() ends the process. (exit() drains it without these hooks.) It
// can also remove temp dirs when the process crashes.
//
//   int main() {
//     finalize::InstallResult installed = finalize::InstallExitHooks();
//     Log(installed.ToString());  // OK: SIGHUP taken, SIGINT taken, ...
//     if (!installed.ok()) return 1;
//     finalize::AtExit("remove spool", RemoveSpool);
//     return Serve();  // SIGTERM, SIGINT, SIGHUP: RemoveSpool runs, and then
//   }                  // the process dies by that same signal
//
// docs/process_end.md has the rules of every end of a process, and what happens
// if several meet. In short:
//
// Order: there is one drain, even if several ends meet, and each finalizer runs
//   once. Higher phase first, then newest first.
// Threads: for a signal, an ordinary thread of the library, with the signal
//   mask of the thread that installed the hooks; callbacks may do anything.
//   Other threads may exist already when the hooks are installed. For
//   quick_exit() and std::terminate(), the thread that calls it.
// Failure: reported; the remaining callbacks still run. A callback that ends
//   its thread, by pthread_exit() or cancellation, ends the process with a
//   message and abort(). The drain has the deadline of ExitOptions
//   (process_end.h), 20 s by default, and a watchdog ends the process if a
//   callback hangs beyond it.
// Lifetime: nothing is installed before the first call of InstallExitHooks. A
//   shared library with its own copy of this one stays mapped after the call. A
//   forked child inherits no hooks; it may install its own (docs/fork.md). A
//   process with hooks for signals does not end by itself when its main thread
//   has left by pthread_exit() and its last other thread ends.
// Signals: the hooks take SIGTERM, SIGINT, SIGHUP and `signals`, if they have
//   their default action. An ignored signal stays ignored; one that has a
//   handler is left alone, unless it is named ("Which signals are taken").
// Second signal: if another stop signal arrives more than `repeat_grace` after
//   the first, the process ends immediately, from the handler, and callbacks
//   that have not run do not run.
// Crash: no finalizer runs. Crash callbacks (crash_callback.h) run in the
//   handler, and remove the temp dirs; then the crash continues as if there had
//   been no hooks ("Crashes").
//
// Not covered: SIGKILL, power loss, _exit; finalizers in a crash; a signal that
// every thread blocks; a callback that hangs during the last second before the
// supervisor's SIGKILL.
//
// Thread-safe. Not for use in a signal handler.
#ifndef FINALIZE_EXIT_HOOKS_H_
#define FINALIZE_EXIT_HOOKS_H_

#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "finalize/export.h"
#include "finalize/hooked_signals.h"
#include "finalize/internal/base/requirements.h"
#include "finalize/shared_function.h"

namespace finalize {

// Which ends InstallExitHooks takes, and what it does at each.
struct ExitHooks {
  // Further signals to take, and usual ones to take although the program has a
  // handler, which then runs before the drain. Possible are SIGTERM, SIGINT,
  // SIGHUP, SIGQUIT, SIGPIPE, SIGALRM, SIGUSR1, SIGUSR2, SIGVTALRM, SIGPROF,
  // SIGXCPU, SIGXFSZ, SIGPOLL, SIGPWR and real-time signals.
  std::vector<int> signals;
  // The same, for signals whose handler, if there is one, ends the process: the
  // handler runs after the drain.
  std::vector<int> handled_after_drain;
  // Whether SIGTERM, SIGINT and SIGHUP are taken. To take only some of them,
  // set this to false and name those in `signals`.
  bool usual_signals = true;
  // Whether quick_exit() and std::terminate() drain. A terminate handler that
  // the program sets later replaces the hooks'.
  bool quick_exit = false;
  bool terminate = false;
  // Whether temp dirs are removed when the process crashes. The next three
  // fields have a meaning only with it.
  bool crash = false;
  // Whether a crash keeps the temp dirs instead, for a post-mortem, out of the
  // reach of every reaper. Standard error says where they are.
  bool keep_on_crash = false;
  // Whether the handlers of crash signals that are installed now always end the
  // process. If false, a crash signal that has a handler is left alone.
  bool crash_handlers_never_return = false;
  // How long the work in a crash may take. Must be positive, and at most a
  // minute.
  absl::Duration crash_limit = absl::Seconds(2);
  // How long after the first stop signal another one belongs to the same
  // request. Zero: every second signal ends the process immediately. Infinite:
  // none does. Must not be negative.
  absl::Duration repeat_grace = absl::Milliseconds(500);
  // The exit status after the drain of a signal, from 0 to 255. Unset: the
  // process dies by the signal.
  std::optional<int> signal_exit_code;
  // The exit status if a callback failed or was left, from 1 to 255. 0: the
  // same as if none had.
  int signal_failure_exit_code = 0;
  // Whether stdout and stderr are flushed after the drain of a signal. A stream
  // that another thread holds is skipped. If nothing reads a stream, the flush
  // gives up after a second: the output is lost, the exit status is unchanged.
  // Other streams, and std::cout after sync_with_stdio(false), are not flushed.
  bool flush_stdio = false;

  // For a program with a shutdown loop. The library tells the loop instead of
  // draining; the loop finishes its work and calls EndBySignal.
  //
  // Called once, on the thread that would have drained. If it throws, the
  // exception is reported, and the thread drains after all.
  SharedFunction<void(int signal)> on_signal;
  // If true, ShutdownDescriptor() returns a descriptor.
  bool shutdown_descriptor = false;
};

// Installs the hooks. Returns a status, to which the result converts, and the
// state of each signal that was asked for: taken, or not taken and why.
//
// The status is InvalidArgument, and nothing is installed, if a field breaks a
// rule above; ResourceExhausted if there is no thread, descriptor or memory for
// the hooks; FailedPrecondition if the module that contains the hooks cannot be
// kept mapped. It is FailedPrecondition, too, with everything else installed,
// if no signal would drain (or, with `crash`, remove temp dirs) because the
// program has handlers for those that were asked for. It is OK if some of them
// were taken, or if all are ignored.
//
// A further call adds: the signals and ends that it asks for are taken as well,
// and none is given up. It asks the kernel about a signal whose handler was
// replaced meanwhile, and takes it again under the same rules. The fields about
// signals (repeat_grace to shutdown_descriptor) are those of the last call; the
// fields about crashes are those of the last call that asked for them.
FINALIZE_EXPORT InstallResult InstallExitHooks(const ExitHooks& hooks = {});

// Returns the present state of the signals that this process has asked for. It
// asks the kernel.
FINALIZE_EXPORT SignalHooks HookedSignals();

// Gives the calling thread an alternate signal stack until it ends, so that the
// crash handler can run if the thread's own stack overflows. Does nothing if
// the thread has one already. Returns false if there is no memory for it.
[[nodiscard]] FINALIZE_EXPORT bool AddCrashStack();

// Returns an eventfd that becomes readable when the first signal arrives, for
// poll() and similar calls; it is close-on-exec. Returns -1 unless this process
// has asked for it (ExitHooks::shutdown_descriptor).
FINALIZE_EXPORT int ShutdownDescriptor();
// Returns the signal that arrived first, or 0.
FINALIZE_EXPORT int ShutdownSignal();

// Drains the process registry as for `signal`, with the deadline and the
// watchdog, and ends the process as after that signal. A shutdown loop calls it
// at its end; it also works without InstallExitHooks. A program that wants to
// see the report calls Registry::Process().Drain() first.
//
//   finalize::ExitHooks hooks;
//   hooks.shutdown_descriptor = true;
//   if (!finalize::InstallExitHooks(hooks).ok()) return 1;
//   ServeUntilReadable(finalize::ShutdownDescriptor());
//   CloseListeners();
//   finalize::EndBySignal(finalize::ShutdownSignal());
[[noreturn]] FINALIZE_EXPORT void EndBySignal(int signal);

}  // namespace finalize

#endif  // FINALIZE_EXIT_HOOKS_H_
