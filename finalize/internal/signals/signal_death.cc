// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/signals/signal_death.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "finalize/internal/copies/copies.h"
#include "finalize/internal/signals/end_failure.h"
#include "finalize/internal/signals/exit_hook_settings.h"

namespace finalize_internal {

void RaiseByDefault(int signal) {
  struct sigaction by_default = {};
  sigaction(signal, &by_default, nullptr);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  sigprocmask(SIG_UNBLOCK, &set, nullptr);
  syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), signal);
}

void DieBySignal(int signal) {
  RaiseByDefault(signal);
  _exit(128 + signal);
}

void FinishBySignal(int signal) {
  const HookSettings& settings = Settings();
  if (settings.failure_exit_code != 0 && (EndHasFailed() || AnyCopyFailed())) {
    _exit(settings.failure_exit_code);
  }
  if (settings.exit_code >= 0) _exit(settings.exit_code);
  DieBySignal(signal);
}

}  // namespace finalize_internal
