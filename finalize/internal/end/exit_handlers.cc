#include "finalize/internal/end/exit_handlers.h"

#include <errno.h>

#include <cstdlib>

#include "finalize/exit_options.h"
#include "finalize/internal/base/exit_deadline.h"
#include "finalize/internal/copies/copy_board.h"
#include "finalize/internal/end/end_state.h"
#include "finalize/internal/end/process_drain.h"
#include "finalize/internal/life/end_door.h"
#include "finalize/internal/signals/end_failure.h"
#include "finalize/internal/signals/exit_hook_settings.h"
#include "finalize/internal/system/deadline_override.h"
#include "finalize/internal/system/exit_lock.h"
#include "finalize/internal/system/signals_blocked.h"

namespace finalize_internal {
namespace {

using finalize::Cause;

// So many threads may call exit() at the same instant: each runs a hook, and
// adds one before it is parked.
constexpr int kHooks = 8;

// glibc goes on with the remaining handlers under the status of the last call.
void RunExitHook() {
  RecordInExit();
  DrainProcess(Cause::Kind::kExit, ExitDeadline());
  const int code = finalize::GetExitOptions().failure_exit_code;
  if (TakeFailure() && code != 0) std::exit(code);
}

void RunQuickExitHook() {
  RecordInExit();
  if (!Settings().quick_exit) return;
  DrainProcess(Cause::Kind::kQuickExit, ExitDeadline());
  const int code = finalize::GetExitOptions().failure_exit_code;
  if (TakeFailure() && code != 0) std::quick_exit(code);
}

bool AddExitHook() { return std::atexit(&RunExitHook) == 0; }
bool AddQuickExitHook() { return std::at_quick_exit(&RunQuickExitHook) == 0; }

bool AddSeveral(bool (*add)()) {
  for (int i = 0; i < kHooks; ++i) {
    if (!add()) return false;
  }
  return true;
}

// A signal handler that calls exit() while the C library adds a hook would wait
// there for good, out of our sight: none runs meanwhile.
bool AddExitHooks() {
  DeadlineFromEnvironment();  // says now if it is malformed
  GuardVainWaits();
  SignalsBlocked blocked;
  TryJoinCopies();
  return AddSeveral(&AddExitHook);
}

}  // namespace

// std::atexit() fails for want of memory, and past the exit handlers.
Refusal ArmExitHook() {
  if (IsArmed()) return Refusal::kNone;
  const int saved_errno = errno;
  errno = 0;
  const bool armed = Arm(&PastEndDeadline, &AddExitHooks);
  const bool no_memory = errno == ENOMEM;
  errno = saved_errno;
  if (armed) return Refusal::kNone;
  return no_memory ? Refusal::kNoMemory : Refusal::kPastExit;
}

bool AddQuickExitHooks() { return AddSeveral(&AddQuickExitHook); }

void AddHookFor(const Cause& cause) {
  if (cause.kind == Cause::Kind::kExit) AddExitHook();
  if (cause.kind == Cause::Kind::kQuickExit) AddQuickExitHook();
}

}  // namespace finalize_internal
