// SPDX-License-Identifier: Apache-2.0

#include "finalize/exit_in_child.h"

#include <stdio.h>
#include <unistd.h>

#include "finalize/cause.h"
#include "finalize/internal/base/exit_deadline.h"
#include "finalize/internal/copies/end_guard.h"
#include "finalize/internal/end/exit_handlers.h"
#include "finalize/internal/signals/end_failure.h"
#include "finalize/process_end.h"

namespace finalize {
namespace {

// fflush(nullptr), as exit() calls it, waits for every stream.
void Flush(FILE* stream) {
  if (ftrylockfile(stream) != 0) return;
  fflush_unlocked(stream);
  funlockfile(stream);
}

}  // namespace

void ExitInChild(int status) {
  finalize_internal::EndProcess(Cause::Kind::kExit,
                                finalize_internal::ExitDeadline());
  const int code = GetExitOptions().failure_exit_code;
  if (finalize_internal::TakeFailure() && code != 0) status = code;
  finalize_internal::GuardWholeEnd(
      "stdout or stderr is full, and nothing reads it");
  Flush(stdout);
  Flush(stderr);
  _exit(status);
}

}  // namespace finalize
