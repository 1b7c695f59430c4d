// Which process installed the exit hooks, and what it asked for. A child of a
// fork inherits handlers, but not the ownership.
#ifndef FINALIZE_INTERNAL_SIGNALS_EXIT_HOOK_SETTINGS_H_
#define FINALIZE_INTERNAL_SIGNALS_EXIT_HOOK_SETTINGS_H_

#include <cstdint>

#include "finalize/shared_function.h"

namespace finalize_internal {

struct HookSettings {
  bool quick_exit = false;
  bool terminate = false;
  bool crash = false;
  // For how long after the first a stop signal is part of its request.
  uint64_t repeat_grace_nanos = 500000000;
  // The end after the drain of a signal: the status for _exit(), or -1 for
  // death by the signal; and the status if something failed, or 0 for none.
  int exit_code = -1;
  int failure_exit_code = 0;
  bool flush_stdio = false;
  // For a program with a shutdown loop of its own: what it has called, and the
  // descriptor (-1: none) that becomes readable.
  const finalize::SharedFunction<void(int signal)>* on_signal = nullptr;
  int descriptor = -1;
  const HookSettings* older = nullptr;  // none is ever freed
};

// Whether this very process installed the exit hooks. Async-signal-safe, and
// true neither in the child of a vfork() nor in a PID namespace of its own.
bool HooksAreOurs();

// The epoch of the process that installed them last; 0 for none.
uint32_t OwnerEpoch();

// Makes them this process's.
void ClaimHooks();

// Those of this process's last call of InstallExitHooks(), or the defaults.
const HookSettings& Settings();
// They and what they point to are kept for good.
void Replace(HookSettings* settings);

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_SIGNALS_EXIT_HOOK_SETTINGS_H_
