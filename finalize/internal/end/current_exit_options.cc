// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/end/current_exit_options.h"

#include "absl/base/attributes.h"
#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "finalize/internal/base/exit_deadline.h"
#include "finalize/internal/base/lock.h"

namespace finalize_internal {
namespace {

using finalize::ExitOptions;

// Usable from the first static constructor until the last instruction of the
// process.
ABSL_CONST_INIT ExitOptions current ABSL_GUARDED_BY(LockAt(kExitLock));

// What exit_deadline.cc begins with.
static_assert(ExitOptions().deadline == absl::Seconds(20));

}  // namespace

ExitOptions CurrentExitOptions() {
  LockHolder lock(LockAt(kExitLock));
  return current;
}

void ReplaceExitOptions(const ExitOptions& options) {
  LockHolder lock(LockAt(kExitLock));
  current = options;
  SetExitDeadline(options.deadline);
}

}  // namespace finalize_internal
