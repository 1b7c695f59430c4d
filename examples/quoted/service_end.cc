// SPDX-License-Identifier: Apache-2.0

// How a service prepares for its end: docs/process_end.md.
#include <iostream>
#include <string>

#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "finalize/options.h"

void CloseListener();
void LeaveCluster(const std::string& node);

bool PrepareForTheEnd() {
  finalize::ExitHooks hooks;  // SIGTERM, SIGINT, SIGHUP
  hooks.quick_exit = true;
  hooks.terminate = true;
  finalize::InstallResult installed = finalize::InstallExitHooks(hooks);
  std::cerr << installed << "\n";  // OK: SIGHUP ignored, SIGINT taken, ...

  finalize::AtExit(finalize::Options("close listener")
                       .set_phase(finalize::kStopAcceptingPhase),
                   CloseListener);
  finalize::AtExit("leave cluster", LeaveCluster, std::string("node-7"));
  return installed.ok();
}
