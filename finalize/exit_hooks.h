// InstallExitHooks: drains the process registry when a signal, quick_exit() or
// std::terminate() ends the process, as exit() does without being asked.
//
//   int main() {
//     finalize::InstallResult installed = finalize::InstallExitHooks();
//     Log(installed.ToString());  // OK: SIGHUP taken, SIGINT taken, ...
//     if (!installed.ok()) return 1;
//     finalize::AtExit(RemoveSpool);
//     return Serve();  // SIGTERM, SIGINT, SIGHUP: RemoveSpool, then death by
//   }                  // that same signal
//
// Signals
//   The handler does nothing but wake a thread that InstallExitHooks started.
//   That thread, an ordinary one, drains the process registry with the cause
//   kSignal and the signal's number; then the process dies by that signal, so
//   that its parent sees it killed by it (a SIGQUIT with its core). As PID 1 of
//   a container, which its own signals do not kill, it ends by _exit(128 + n).
//   Other exit handlers and static destructors do not run: the threads of the
//   program go on until it dies.
//
//   Exit status and output: signal_exit_code and signal_failure_exit_code end
//   the process by _exit() with a status instead, for supervisors that expect
//   0. flush_stdio writes what is in the buffers of stdout and stderr after the
//   drain; without it that output is lost.
//
//   Second signal: if another stop signal arrives more than repeat_grace after
//   the first, the process dies by it at once, in the handler, and callbacks
//   that have not run are skipped. Signals within the grace are part of the
//   same request, because wrappers, terminals and systemd often send two: the
//   process dies by the first, and on_signal, the descriptor and the handlers
//   of the program fire once, for the first. The grace counts from the first
//   signal; later ones do not extend it. The same holds for signals that arrive
//   during the drain of exit(). After that drain the first signal ends the
//   process at once.
//
//   SIGTERM, SIGINT and SIGHUP are taken if they are at their default. One
//   that is ignored stays ignored, as after nohup. One that has a handler is
//   left alone, unless it is named:
//     signals              the handler runs first, on the thread that the
//                          signal came to, under its own mask, and on the stack
//                          and with the restarts it asked for. If it does not
//                          return, by siglongjmp say, nothing is drained, and
//                          the next signal after the grace ends the process.
//     handled_after_drain  for a handler that ends the process, such as
//                          absl::InstallFailureSignalHandler installs for
//                          SIGTERM: the drain runs first. Then the handler is
//                          put back and runs, in a signal frame of its own and
//                          with the information that came with the signal, on
//                          the thread that the signal came to (if that has
//                          ended, on the one that drained). If it returns, the
//                          process ends as above; if it hangs, it does so at
//                          the deadline.
//   If no handler ran before, ours has SA_RESTART and SA_ONSTACK; it leaves
//   errno alone.
//
//   A handler that the program installs later replaces the hooks'. So does a
//   default that it puts back (asyncio's remove_signal_handler does that).
//   HookedSignals() reports it, and a further InstallExitHooks, which asks the
//   kernel, takes the signal again under the rules above.
//
//   A signal that every thread blocks is not seen.
//
// quick_exit() and std::terminate(), if asked for
//   The drain runs on the thread that called. quick_exit() then goes on, under
//   its status. std::terminate() goes on to the handler it had before, which
//   has the original exception, and to abort(); a callback that calls
//   std::terminate() again ends the drain. Neither _exit() nor abort() is seen.
//
// Crashes, if asked for
//   SIGSEGV, SIGBUS, SIGILL, SIGFPE and SIGABRT: no finalizer runs. The crash
//   callbacks (crash_callback.h) do, in the handler, and that removes the temp
//   dirs of the process by bare system calls: no lock is taken, nothing is
//   allocated. Then all is as if there had been no hooks: the same signal, with
//   what it came with, meets the frame that crashed under the action that it
//   had before, so that there is the same core and the same wait status.
//
//   It works where malloc is broken, with no descriptor left, and on whatever
//   thread crashed. Where the thread's stack is full it needs another: the
//   thread that calls InstallExitHooks has one from then on, others if they
//   call AddCrashStack or have one anyway. Where several threads crash one does
//   the work and the others wait for it. What crashes in the handler itself
//   ends the handling; the first crash goes on.
//
//   From the first moment on, no other thread makes, uses or removes a temp
//   dir: one that tries waits until the process has ended (crash_gate.h). The
//   handler waits for those that are at it, 100 ms at most, renames the
//   directories, so that paths to them lead nowhere, and removes them until
//   nothing is left or the time is up. The thread that crashes, crash callbacks
//   and handlers that were there before get Cancelled from TempDir::Create. If
//   the process lives on all the same, because a debugger withheld the signal
//   or a handler recovered against crash_handlers_end, threads wait for a
//   minute after crash_limit; then temp dirs can be made again.
//
//   PID 1: the kernel withholds from it each signal that is sent, unless it has
//   a handler. So SIGSEGV, SIGBUS, SIGILL or SIGFPE from kill() or raise() ends
//   nothing there and removes nothing, and neither does a SIGABRT of another
//   process; a handler that was there before is called. abort(), a failed
//   assertion and std::terminate() remove, call the handler that was there
//   before, and end the process by _exit(134). raise(SIGABRT) looks the same to
//   a handler: as PID 1 it does not return. A fault removes and ends the
//   process by its signal, or by _exit(128 + n) if it does not come again.
//
//   Within ExitHooks::crash_limit the work ends by itself, with what it has not
//   done left for the next reaper (tempdir/reap.h). If it hangs, it is cut off
//   half a second later; if its thread is stuck in a system call that cannot be
//   interrupted, the signal ends the process on another thread another half a
//   second later; if there is none, SIGKILL does, after half a second more.
//
//   A crash signal that is ignored is left so, and one that has a handler is
//   left alone: a program that recovers from a SIGSEGV must not lose what it
//   goes on to use. If the handlers that are there when the hooks are installed
//   always end the process, as absl::InstallFailureSignalHandler does, say so
//   with crash_handlers_end, and they run after the work. A handler that the
//   program installs later is the program's choice.
//
//   SIGTRAP and SIGSYS are not taken: they are a debugger's and a sandbox's.
//   Neither is what only looks like a crash from outside: SIGKILL, and a crash
//   of a child.
//
// One end
//   There is one drain, whatever the causes that meet, and each finalizer runs
//   once. A thread that calls exit() during a drain waits there; so does one
//   that calls quick_exit(), if that is hooked. It goes on with the drain where
//   the callback under way calls exit() itself or takes too long, and then ends
//   the process as the drain would have (exit_options.h, which also says what
//   is different from glibc 2.41 on). A signal that comes during the drain
//   of exit() or quick_exit() lets it finish; then the process ends as after a
//   drain of that signal. std::terminate() on another thread lets any drain
//   finish, and then aborts. After the drain of exit(),
//   while static destructors run, the first signal ends the process at once.
//   A callback that calls exit() during the drain of a signal: exit handlers
//   newer than the first registration run, then the rest of the drain, and the
//   process dies by the signal all the same.
//
// Time: the drain stops between callbacks when the deadline has passed. What is
// left is destroyed, unrun, and reported. If a callback hangs for a second
// beyond it, a watchdog prints what runs and what is left to standard error and
// ends the process: with status kWatchdogExitCode (exit_options.h), or, after
// std::terminate(), by the handler before and abort(). The deadline is
// ExitOptions::deadline (exit_options.h), one for every end of the process; its
// default is 20 s. The environment variable FINALIZE_EXIT_DEADLINE (5s, 1m30s)
// goes before it.
//
// Fork: a child inherits handlers, but not the thread, and not the hooks. Until
// it calls InstallExitHooks itself a signal does to it what it would have done
// without them, and its parent does not notice. So it is in the child of a
// vfork().
//
// What is called, and when: nothing before InstallExitHooks. There, for each
// signal, one sigaction to look, and one to install where it is taken; one
// thread, with every signal blocked until it drains, if a signal is asked for;
// one eventfd, std::set_terminate (if the program sets its own handler later,
// ours runs again only after a further call) and eight at_quick_exit handlers
// where they are asked for; for crashes one sigaction more for each of the
// five, an alternate signal stack and six descriptors in reserve. Without
// on_signal and descriptor that thread lives as long as the process: a program
// whose main thread ends by pthread_exit does not end with its last other
// thread any more.
//
// In a shared library with a copy of its own: it is never unmapped any more,
// for the handlers and the thread are in it. dlclose() of it does nothing, even
// during a drain.
//
// Several copies of the library in one process, in two plugins say, find each
// other, whatever their symbols show, and end the process together:
//   Each signal has the handler of one copy. Another copy that asks for the
//   signal, by name or not, leaves that handler there, and HookedSignals()
//   reports the signal as taken.
//   A signal is one request to all copies that have hooks, and each drains, on
//   its own thread. The longest of their deadlines holds for each. When the
//   last has drained, or at that deadline, the copy whose handler the signal
//   met ends the process, as its ExitHooks ask. It awaits copies without hooks
//   that are in exit() or dlclose(), too. A copy that installs hooks during the
//   drain of another takes part.
//   A shutdown loop (on_signal, descriptor) of one copy comes first: the others
//   drain when it calls EndBySignal, or calls exit().
//   A watchdog ends the process when no other copy has time left.
//   In a crash each copy removes its own temp dirs, one after the other, each
//   within its crash_limit.
//   A forked child finds only copies that it uses itself.
//   Copies with another version of the protocol, or from before it, do not find
//   each other, nor do copies that dlmopen() has separated: to each the
//   handlers of the other are the program's.
//
// A callback that ends its thread, by pthread_exit() or cancellation, ends the
// process with a message and abort().
//
// Not covered: SIGKILL, power loss; finalizers in a crash; _exit; a
// callback that hangs inside the last second before the supervisor's SIGKILL.
//
// Thread-safe. Nothing here is for use in a signal handler.
#ifndef FINALIZE_EXIT_HOOKS_H_
#define FINALIZE_EXIT_HOOKS_H_

#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "finalize/hooked_signals.h"
#include "finalize/requirements.h"
#include "finalize/shared_function.h"

namespace finalize {

struct ExitHooks {
  // More signals to take, or usual ones to take although the program has a
  // handler. They must be such that ask a process to end: not SIGKILL, nor one
  // that tells of a crash, nor one that is ignored by default.
  std::vector<int> signals;
  // Such signals whose handler, if there is one, ends the process: it runs
  // after the drain.
  std::vector<int> handled_after_drain;
  // Whether SIGTERM, SIGINT and SIGHUP are taken.
  bool usual_signals = true;
  bool quick_exit = false;
  bool terminate = false;
  // Whether temp dirs go when the process crashes. The rest is about that.
  bool crash = false;
  // They stay, for a post-mortem, where no reaper takes them; standard error
  // says where.
  bool keep_on_crash = false;
  // The handlers of crash signals that are there do not return.
  bool crash_handlers_end = false;
  // Must be positive and a minute at most.
  absl::Duration crash_limit = absl::Seconds(2);
  // For how long after the first a further stop signal belongs to the same
  // request. Zero: every second signal ends the process at once. Infinite: none
  // does. Must not be negative.
  absl::Duration repeat_grace = absl::Milliseconds(500);
  // The exit status after the drain of a signal, from 0 to 255. Unset: the
  // process dies by the signal.
  std::optional<int> signal_exit_code;
  // The exit status if a callback failed or was left, from 1 to 255. 0: as if
  // none had.
  int signal_failure_exit_code = 0;
  // Whether stdout and stderr are flushed after the drain of a signal. A stream
  // that another thread holds is passed over, and one that nobody reads is
  // given up after a second: its output is lost, not the time or the status.
  // Other streams, and std::cout after sync_with_stdio(false), are not flushed.
  bool flush_stdio = false;

  // For a program with a shutdown loop of its own, which is told instead of the
  // drain, finishes its work, and calls EndBySignal.
  //
  // Called once, on the thread that would have drained. If it throws, that is
  // reported, and the thread drains after all.
  SharedFunction<void(int signal)> on_signal;
  // Whether ShutdownDescriptor is to be had.
  bool descriptor = false;
};

// Installs the hooks. Returns a status, to which the result converts, and how
// the signals stand that were asked for: which are taken, which not and why.
//
// The status is InvalidArgument, and nothing is done, if a field breaks a rule
// above; ResourceExhausted if there is no thread, descriptor or memory for the
// hooks; FailedPrecondition if their code could be unmapped. With everything
// else in place it is FailedPrecondition, too, if no signal would drain (or,
// with `crash`, remove temp dirs) because the program has handlers on those
// that were asked for. It is OK if some of them were taken, or if all are
// ignored.
//
// A further call adds: the signals and ends it asks for are taken as well, and
// none is given up; a signal whose handler was replaced since is looked at
// anew. repeat_grace, exit codes, flush_stdio, on_signal and
// descriptor are those of the last call; what is said about crashes, those of
// the last that asked for them.
InstallResult InstallExitHooks(const ExitHooks& hooks = {});

// How the signals that this process has asked for stand at this moment. It asks
// the kernel.
SignalHooks HookedSignals();

// Gives the calling thread a stack for crashes, until it ends, so that an
// overflow of its own is handled, too; nothing where it has an alternate signal
// stack already. False where there is no memory for it.
bool AddCrashStack();

// An eventfd that becomes readable when the first signal comes, for poll() and
// the like; close-on-exec. -1 unless this process has asked for it.
int ShutdownDescriptor();
// The signal that came first, or 0.
int ShutdownSignal();

// Drains the process registry as for `signal`, with the deadline and the
// watchdog, and ends the process as after that signal. For the end of a
// shutdown loop; it works without InstallExitHooks as well. A program that
// wants to see the report calls Registry::Process().Drain() before it.
//
//   finalize::ExitHooks hooks;
//   hooks.descriptor = true;
//   if (!finalize::InstallExitHooks(hooks).ok()) return 1;
//   ServeUntilReadable(finalize::ShutdownDescriptor());
//   CloseListeners();
//   finalize::EndBySignal(finalize::ShutdownSignal());
[[noreturn]] void EndBySignal(int signal);

}  // namespace finalize

#endif  // FINALIZE_EXIT_HOOKS_H_
