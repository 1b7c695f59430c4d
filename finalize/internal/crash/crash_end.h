// How a process ends that crashes: whether a signal is certain to end it, and
// what follows once the callbacks are done (contract C23).
//
//   an ordinary process   Any crash signal ends it, whoever sent it, if its
//                         action is the default one. It comes again, as it
//                         came, when the handler returns.
//   PID 1                 The kernel withholds from it what is sent, but for a
//                         handler. So a signal that was sent ends nothing and
//                         removes nothing. abort() and raise(SIGABRT), which
//                         look alike, and faults are made certain: the action
//                         that the signal had before is called, and then the
//                         process ends, by the fault, which comes again, or by
//                         _exit().
//
// Async-signal-safe.
#ifndef FINALIZE_INTERNAL_CRASH_CRASH_END_H_
#define FINALIZE_INTERNAL_CRASH_CRASH_END_H_

#include <signal.h>

namespace finalize_internal {

bool IsHandler(const struct sigaction& action);
bool IsDefault(const struct sigaction& action);

// Whether the process ends by `signal`, or is ended by EndCrash().
bool IsCertainToEnd(int signal, const siginfo_t& info);

// Calls `previous` as the kernel would, if it is a handler.
void CallPrevious(const struct sigaction& previous, int signal, siginfo_t info,
                  void* context);

// For a handler that returns at once: lets `signal`, whose action is `previous`
// again, end the process.
void EndCrash(const struct sigaction& previous, int signal,
              const siginfo_t& info, void* context);

// The same for a signal that need not end the process: it comes again.
void SendAgain(const struct sigaction& previous, int signal,
               const siginfo_t& info, void* context);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_CRASH_CRASH_END_H_
