// SPDX-License-Identifier: Apache-2.0

// How a process that crashes ends: whether a signal is certain to end it, and
// what follows when the callbacks have returned (contract C23).
//
//   an ordinary process   Any crash signal ends it, whatever sent it, if its
//                         action is the default one. The signal is delivered
//                         again when the handler returns.
//   PID 1                 The kernel drops a signal that is sent to it, unless
//                         there is a handler. So a signal that was sent does
//                         not end the process, and nothing is removed. Faults,
//                         and abort() and raise(SIGABRT), which look alike, are
//                         made certain: the action that the signal had before
//                         is called, and then the process ends by the fault,
//                         which occurs again, or by _exit().
//
// Async-signal-safe.
#ifndef FINALIZE_INTERNAL_CRASH_CRASH_END_H_
#define FINALIZE_INTERNAL_CRASH_CRASH_END_H_

#include <signal.h>

namespace finalize_internal {

bool IsHandler(const struct sigaction& action);
bool IsDefault(const struct sigaction& action);

// Returns true if the process ends by `signal`, or by EndCrash().
bool IsCertainToEnd(int signal, const siginfo_t& info);

// Calls `previous` as the kernel would, if it is a handler.
void CallPrevious(const struct sigaction& previous, int signal, siginfo_t info,
                  void* context);

// For a handler that returns next: has `signal`, whose action is `previous`
// again, end the process.
void EndCrash(const struct sigaction& previous, int signal,
              const siginfo_t& info, void* context);

// The same for a signal that may not end the process: it is delivered again.
void SendAgain(const struct sigaction& previous, int signal,
               const siginfo_t& info, void* context);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_CRASH_CRASH_END_H_
