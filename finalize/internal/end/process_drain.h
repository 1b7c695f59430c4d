// SPDX-License-Identifier: Apache-2.0

// The drain of the process registry at the end of the process. EndProcess
// (exit_handlers.h) calls it, whatever ends the process.
#ifndef FINALIZE_INTERNAL_END_PROCESS_DRAIN_H_
#define FINALIZE_INTERNAL_END_PROCESS_DRAIN_H_

#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "finalize/cause.h"
#include "finalize/internal/drain/drain.h"
#include "finalize/internal/end/end_state.h"

namespace finalize_internal {

// One thread's part in that drain. Confined to one thread.
class ProcessDrain {
 public:
  // `role` is kDrains, kContinuesDrain or kTakesOver. From here on the guard
  // (end_guard.h) watches the drain, so the caller may do what may wait.
  // `deadline` counts in the first drain of the process, for all of them.
  ProcessDrain(EndRole role, const finalize::Cause& cause,
               absl::Duration deadline);

  // Drains, and returns the end that the process comes to. Blocks the thread if
  // another one ends the process or has taken the drain over. Returns nothing
  // in a child that came out of one of the callbacks.
  std::optional<finalize::Cause> Run(Waiting waiting);

 private:
  const EndRole role_;
  const finalize::Cause cause_;
  const uint32_t turn_;
  const absl::Duration deadline_;
};

// Returns true from the beginning of the drain until ReopenProcessRegistry.
bool ProcessRegistryIsClosed();

// After a drain that ends in exit(): exit handlers are still to come, which may
// register. Returns true if finalizers are pending that need one more exit
// hook: other threads registered them after the drain's last look, before it
// was over. The thread of a later registration adds the hook itself. The caller
// has signals blocked, and the registry is closed.
bool ReopenProcessRegistry();

// Reports those finalizers, and destroys them without running them.
void DestroyNewcomers();

// From now on, a thread that waits in a signal handler for a lock of the
// library which it holds itself waits no longer than a drain that began then.
void GuardVainWaits();

}  // namespace finalize_internal

#endif  // FINALIZE_INTERNAL_END_PROCESS_DRAIN_H_
