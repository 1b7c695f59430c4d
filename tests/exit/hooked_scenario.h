// SPDX-License-Identifier: Apache-2.0

// What the scenarios have in common that end by exit hooks.
#ifndef TESTS_EXIT_HOOKED_SCENARIO_H_
#define TESTS_EXIT_HOOKED_SCENARIO_H_

#include <sched.h>
#include <unistd.h>

#include <atomic>
#include <string>

#include "absl/time/time.h"
#include "finalize/cause.h"
#include "finalize/exit_hooks.h"
#include "finalize/process_end.h"
#include "tests/support/scenario.h"

namespace finalize_test {

// Installs the hooks for every end that they know, but crashes.
inline void InstallHooks() {
  finalize::ExitHooks hooks;
  hooks.quick_exit = true;
  hooks.terminate = true;
  if (!finalize::InstallExitHooks(hooks).ok()) _exit(95);
}

// The same with another deadline; the other exit options stay as they are.
inline void InstallHooks(absl::Duration deadline) {
  finalize::ExitOptions options = finalize::GetExitOptions();
  options.deadline = deadline;
  finalize_test::Require(finalize::SetExitOptions(options).ok(),
                         "SetExitOptions");
  InstallHooks();
}

// A callback, registered first.
inline void SayCause(const finalize::Cause& cause) {
  Say(std::string("first, on ") + cause.ToString());
}

// Opened once, awaited by any number of threads.
inline std::atomic<bool> gate{false};
inline void AwaitGate() {
  while (!gate) sched_yield();
}

[[noreturn]] inline void Hang() {
  Say("hangs");
  for (;;) pause();
}

}  // namespace finalize_test

#endif  // TESTS_EXIT_HOOKED_SCENARIO_H_
