// SPDX-License-Identifier: Apache-2.0

// What signals and their actions, as sigaction() gives them, mean.
#ifndef FINALIZE_INTERNAL_SIGNALS_SIGNAL_ACTION_H_
#define FINALIZE_INTERNAL_SIGNALS_SIGNAL_ACTION_H_

#include <signal.h>

namespace finalize_internal {

// Returns true if `signal` can be taken: its default action ends the process,
// and it is not a crash signal.
bool MayTake(int signal);

inline bool IsHandler(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) != 0 ||
         (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN);
}

inline bool IsIgnored(const struct sigaction& action) {
  return !IsHandler(action) && action.sa_handler == SIG_IGN;
}

// The code that the signal runs; null if it runs none.
inline const void* HandlerOf(const struct sigaction& action) {
  if (!IsHandler(action)) return nullptr;
  return (action.sa_flags & SA_SIGINFO) != 0
             ? reinterpret_cast<const void*>(action.sa_sigaction)
             : reinterpret_cast<const void*>(action.sa_handler);
}

inline void CallHandler(const struct sigaction& action, int signal,
                        siginfo_t* info, void* context) {
  if (action.sa_flags & SA_SIGINFO) {
    action.sa_sigaction(signal, info, context);
  } else {
    action.sa_handler(signal);
  }
}

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_SIGNALS_SIGNAL_ACTION_H_
