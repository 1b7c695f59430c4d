// SPDX-License-Identifier: Apache-2.0

// A process that installs exit hooks, for a look at its system calls.
#include <signal.h>

#include <string_view>

#include "finalize/exit_hooks.h"
#include "tests/support/scenario.h"

int main(int argc, char** argv) {
  const std::string_view how = argc > 1 ? argv[1] : "";
  finalize::ExitHooks hooks;
  if (how == "handled") signal(SIGINT, [](int) {});
  if (how == "ignored") signal(SIGHUP, SIG_IGN);
  if (how == "all") {
    hooks.signals = {SIGUSR1};
    hooks.quick_exit = true;
    hooks.terminate = true;
    hooks.shutdown_descriptor = true;
  }
  if (how == "no-signals") {
    hooks.usual_signals = false;
    hooks.quick_exit = true;
    hooks.terminate = true;
  }
  if (how == "crash") {
    hooks.usual_signals = false;
    hooks.crash = true;
  }
  finalize_test::Say("start");
  if (how != "none" && !finalize::InstallExitHooks(hooks).ok()) return 95;
  if (how == "twice" && !finalize::InstallExitHooks(hooks).ok()) return 95;
  finalize_test::Say("end");
}
