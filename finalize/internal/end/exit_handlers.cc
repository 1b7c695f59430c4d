// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/end/exit_handlers.h"

#include <errno.h>

#include <cstdlib>
#include <optional>

#include "finalize/internal/base/exit_deadline.h"
#include "finalize/internal/copies/copy_board.h"
#include "finalize/internal/drain/drain.h"
#include "finalize/internal/end/current_exit_options.h"
#include "finalize/internal/end/end_state.h"
#include "finalize/internal/end/process_drain.h"
#include "finalize/internal/end/signal_end.h"
#include "finalize/internal/end/takeover.h"
#include "finalize/internal/end/terminate_end.h"
#include "finalize/internal/life/end_door.h"
#include "finalize/internal/node/frames.h"
#include "finalize/internal/signals/end_failure.h"
#include "finalize/internal/signals/exit_hook_settings.h"
#include "finalize/internal/signals/signal_request.h"
#include "finalize/internal/system/deadline_override.h"
#include "finalize/internal/system/exit_lock.h"
#include "finalize/internal/system/signals_blocked.h"

namespace finalize_internal {
namespace {

using finalize::Cause;

// So many threads may call exit() at the same instant: each reaches a hook, and
// adds one before it is blocked.
constexpr int kHooks = 8;

// glibc continues with the remaining handlers under the status of the last
// call.
void RunExitHook() {
  RecordInExit();
  EndProcess(Cause::Kind::kExit, ExitDeadline());
  const int code = CurrentExitOptions().failure_exit_code;
  if (TakeFailure() && code != 0) std::exit(code);
}

void RunQuickExitHook() {
  RecordInExit();
  if (!Settings().quick_exit) return;
  EndProcess(Cause::Kind::kQuickExit, ExitDeadline());
  const int code = CurrentExitOptions().failure_exit_code;
  if (TakeFailure() && code != 0) std::quick_exit(code);
}

// If nothing is registered, no other hook is there.
void RunSignalledExitHook() {
  if (PostedToDrain() != 0) RunExitHook();
}

bool AddExitHook() { return std::atexit(&RunExitHook) == 0; }
bool AddQuickExitHook() { return std::at_quick_exit(&RunQuickExitHook) == 0; }

// Adds one more hook of the kind that has called EndProcess, in place of that
// one: for a callback, or another thread, that asks in the same way again.
void AddHookFor(const Cause& cause) {
  if (cause.kind == Cause::Kind::kExit) AddExitHook();
  if (cause.kind == Cause::Kind::kQuickExit) AddQuickExitHook();
}

bool AddSeveral(bool (*add)()) {
  for (int i = 0; i < kHooks; ++i) {
    if (!add()) return false;
  }
  return true;
}

// With signals blocked: a signal handler that calls exit() while the C library
// adds a hook would wait there permanently, and the library would not see it.
bool AddExitHooks() {
  DeadlineFromEnvironment();  // reports now if it is malformed
  GuardVainWaits();
  SignalsBlocked blocked;
  TryJoinCopies();
  return AddSeveral(&AddExitHook);
}

// Makes sure that exit() drains. std::atexit() fails if there is no memory, and
// past the exit handlers.
bool Arm() {
  const Arming arming = BeginArming();
  if (arming.role != Arming::Role::kAddsHooks) {
    return arming.role == Arming::Role::kIsArmed;
  }
  const bool added = AddExitHooks();
  FinishArming(arming, added);
  return added;
}

// Does what a thread whose role is not to drain has to do first. Returns true
// if the thread drains after that.
bool PrepareToDrain(const Cause& cause, EndRole* role) {
  switch (*role) {
    case EndRole::kDrains:          // no row: the first to ask
    case EndRole::kContinuesDrain:  // row 1
    case EndRole::kTakesOver:       // row 3, after StandBy
      return true;
    case EndRole::kAwaitsDrain:  // row 2
      AwaitDrained(cause);
      return false;
    case EndRole::kStandsBy:  // row 3, in exit() and quick_exit()
      AddHookFor(cause);
      StandBy();
      *role = EndRole::kTakesOver;
      return true;
    case EndRole::kIsBlocked:  // row 3
      AddHookFor(cause);
      Block();
    case EndRole::kEndsProcess:  // any row, after the drain
      return false;
  }
  return false;
}

// For the thread that has drained, and continues in exit(): exit handlers are
// still to come, which may register.
void ReopenForExitHandlers() {
  bool lost = false;
  {
    // A signal handler that calls exit() comes before or after this.
    const SignalsBlocked blocked;
    lost = ProcessRegistryIsClosed() && ReopenProcessRegistry() &&
           ArmExitHook() != Refusal::kNone;
  }
  if (lost) DestroyNewcomers();
}

// Ends the process if it comes to a higher end than this thread asked for.
void EndAs(const Cause& end, const Cause& cause) {
  if (end.kind == cause.kind) return;
  if (end.kind == Cause::Kind::kSignal) EndAfterDrain(end.signal);
  if (end.kind == Cause::Kind::kTerminate) EndByTerminate();
}

}  // namespace

void EndProcess(const Cause& cause, absl::Duration deadline) noexcept {
  const Waiting waiting = AnyCallback() ? Waiting::kNever : Waiting::kAlways;
  EndRole role = BeginEnd(cause);
  if (!PrepareToDrain(cause, &role)) {
    // This thread has drained. If it was interrupted then, a signal handler has
    // called exit().
    if (cause.kind == Cause::Kind::kExit && ProcessRegistryIsClosed()) {
      ReopenForExitHandlers();
    }
    return;
  }
  ProcessDrain drain(role, cause, deadline);
  AddHookFor(cause);
  const std::optional<Cause> end = drain.Run(waiting);
  if (!end.has_value()) return;  // a child came out of a callback
  if (end->kind == Cause::Kind::kExit) ReopenForExitHandlers();
  EndAs(*end, cause);
}

bool AddQuickExitHooks() { return AddSeveral(&AddQuickExitHook); }

bool AddSignalledExitHook() {
  SignalsBlocked blocked;
  return std::atexit(&RunSignalledExitHook) == 0;
}

// --- The doors of life/end_door.h ---

Refusal ArmExitHook() {
  if (IsArmed()) return Refusal::kNone;
  const int saved_errno = errno;
  errno = 0;
  const bool armed = Arm();
  const bool no_memory = errno == ENOMEM;
  errno = saved_errno;
  if (armed) return Refusal::kNone;
  return no_memory ? Refusal::kNoMemory : Refusal::kPastExit;
}

void BlockForEnd() {
  AddHookFor(CurrentEnd());
  Block();
}

}  // namespace finalize_internal
