// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/end/terminate_hook.h"

#include <exception>

#include "finalize/cause.h"
#include "finalize/internal/base/exit_deadline.h"
#include "finalize/internal/end/exit_handlers.h"
#include "finalize/internal/end/terminate_end.h"
#include "finalize/internal/signals/exit_hook_settings.h"

namespace finalize_internal {
namespace {

void OnTerminate() {
  if (!IsInPreviousHandler() && Settings().terminate) {
    NoteOriginalException();
    EndProcess(finalize::Cause::Kind::kTerminate, ExitDeadline());
  }
  EndByTerminate();
}

}  // namespace

void InstallTerminateHook() {
  const std::terminate_handler found = std::get_terminate();
  if (found == &OnTerminate) return;
  NotePreviousHandler(found);
  std::set_terminate(&OnTerminate);
}

}  // namespace finalize_internal
