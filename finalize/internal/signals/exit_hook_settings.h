// SPDX-License-Identifier: Apache-2.0

// Which process installed the exit hooks, and what it asked for. A forked child
// inherits the handlers, but does not own them.
#ifndef FINALIZE_INTERNAL_SIGNALS_EXIT_HOOK_SETTINGS_H_
#define FINALIZE_INTERNAL_SIGNALS_EXIT_HOOK_SETTINGS_H_

#include <cstdint>

#include "finalize/shared_function.h"

namespace finalize_internal {

struct HookSettings {
  bool quick_exit = false;
  bool terminate = false;
  bool crash = false;
  // For how long after the first stop signal another one is part of its
  // request.
  uint64_t repeat_grace_nanos = 500000000;
  // How the process ends after the drain of a signal: the status for _exit(),
  // or -1 for death by the signal; and the status if a callback failed, or 0 if
  // that changes nothing.
  int exit_code = -1;
  int failure_exit_code = 0;
  bool flush_stdio = false;
  // For a program with its own shutdown loop: the function that is called, or
  // null, and the descriptor that becomes readable, or -1.
  const finalize::SharedFunction<void(int signal)>* on_signal = nullptr;
  int descriptor = -1;
  const HookSettings* older = nullptr;  // none is ever freed
};

// Returns true if this very process installed the exit hooks; false in the
// child of a vfork(), and in a child with its own PID namespace.
// Async-signal-safe.
bool HooksAreOurs();

// Returns the epoch of the process that installed the hooks last; 0 if none
// has.
uint32_t OwnerEpoch();

// Makes this process the owner of the hooks.
void ClaimHooks();

// Returns the settings of this process's last call of InstallExitHooks(), or
// the defaults.
const HookSettings& Settings();
// Replaces the settings. They and what they point to are never freed.
void Replace(HookSettings* settings);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_SIGNALS_EXIT_HOOK_SETTINGS_H_
