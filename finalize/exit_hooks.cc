// SPDX-License-Identifier: Apache-2.0

#include "finalize/exit_hooks.h"

#include <sched.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "finalize/cause.h"
#include "finalize/internal/base/check.h"
#include "finalize/internal/base/exit_deadline.h"
#include "finalize/internal/copies/copies.h"
#include "finalize/internal/crash/crash_handler.h"
#include "finalize/internal/crash/crash_stack.h"
#include "finalize/internal/end/exit_handlers.h"
#include "finalize/internal/end/signal_end.h"
#include "finalize/internal/end/signal_thread.h"
#include "finalize/internal/end/terminate_hook.h"
#include "finalize/internal/node/fork_epoch.h"
#include "finalize/internal/signals/exit_hook_settings.h"
#include "finalize/internal/signals/exit_hooks_validation.h"
#include "finalize/internal/signals/hook_survey.h"
#include "finalize/internal/signals/shutdown_descriptor.h"
#include "finalize/internal/signals/signal_action.h"
#include "finalize/internal/signals/signal_handler.h"
#include "finalize/internal/signals/signal_request.h"
#include "finalize/internal/system/deadline_override.h"
#include "finalize/internal/unload/module.h"

namespace finalize {
namespace {

using finalize_internal::CurrentEpoch;
using finalize_internal::HooksAreOurs;
using finalize_internal::HookSettings;
using finalize_internal::HookTally;
using finalize_internal::SignalLook;
using finalize_internal::TakeAs;

// The epoch of the process in which a thread is in InstallExitHooks. Not a Lock
// of the table: threads are started meanwhile.
std::atomic<uint32_t> installing{0};
// Guarded by `installing`: in which epoch there is a thread, and whether there
// are hooks in exit() and quick_exit(), which a child inherits.
uint32_t thread_epoch = 0;
bool exit_hooked = false;
bool quick_exit_hooked = false;

class Installing {
 public:
  Installing() {
    const uint32_t own = CurrentEpoch();
    uint32_t seen = 0;
    while (!installing.compare_exchange_weak(seen, own,
                                             std::memory_order_acquire)) {
      if (seen != own) continue;  // the parent's: go past it
      seen = 0;
      sched_yield();
    }
  }
  ~Installing() { installing.store(0, std::memory_order_release); }
  Installing(const Installing&) = delete;
  Installing& operator=(const Installing&) = delete;
};

// The settings and what they point to, until they are in place.
struct Draft {
  std::unique_ptr<HookSettings> settings;
  std::unique_ptr<const SharedFunction<void(int)>> on_signal;
};

// Copies what `hooks` asks for.
absl::Status Copy(const ExitHooks& hooks, Draft* draft) {
  try {
    draft->settings = std::make_unique<HookSettings>();
    if (hooks.on_signal != nullptr) {
      draft->on_signal =
          std::make_unique<const SharedFunction<void(int)>>(hooks.on_signal);
    }
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError("no memory for the exit hooks");
  }
  draft->settings->repeat_grace_nanos =
      static_cast<uint64_t>(absl::ToInt64Nanoseconds(hooks.repeat_grace));
  draft->settings->exit_code = hooks.signal_exit_code.value_or(-1);
  draft->settings->failure_exit_code = hooks.signal_failure_exit_code;
  draft->settings->flush_stdio = hooks.flush_stdio;
  draft->settings->on_signal = draft->on_signal.get();
  return absl::OkStatus();
}

// Adds what this process asked for before.
void Merge(const ExitHooks& hooks, HookSettings* settings) {
  const HookSettings& before = finalize_internal::Settings();
  settings->quick_exit = hooks.quick_exit || before.quick_exit;
  settings->terminate = hooks.terminate || before.terminate;
  settings->crash = hooks.crash || before.crash;
}

absl::Status StartThread() {
  if (thread_epoch == CurrentEpoch()) return absl::OkStatus();
  finalize_internal::ResetRequest();
  if (!finalize_internal::StartSignalThread()) {
    return absl::ResourceExhaustedError("no thread for the exit hooks");
  }
  thread_epoch = CurrentEpoch();
  return absl::OkStatus();
}

// Hooks exit() or quick_exit(), unless `hooked`.
absl::Status Hook(bool (*add)(), bool* hooked) {
  if (!*hooked && !add()) {
    return absl::ResourceExhaustedError("no memory for the exit hooks");
  }
  *hooked = true;
  return absl::OkStatus();
}

bool WantsSignals(const ExitHooks& hooks) {
  return hooks.usual_signals || !hooks.signals.empty() ||
         !hooks.handled_after_drain.empty();
}

bool Contains(const std::vector<int>& signals, int signal) {
  return std::find(signals.begin(), signals.end(), signal) != signals.end();
}

bool IsUsual(int signal) {
  return signal == SIGTERM || signal == SIGINT || signal == SIGHUP;
}

// How `hooks` wants `signal` to be taken, if it does.
std::optional<TakeAs> HowToTake(const ExitHooks& hooks, int signal) {
  if (Contains(hooks.handled_after_drain, signal)) return TakeAs::kHandledLast;
  if (Contains(hooks.signals, signal)) return TakeAs::kNamed;
  if (hooks.usual_signals && IsUsual(signal)) return TakeAs::kUsual;
  return std::nullopt;
}

void TakeSignals(const ExitHooks& hooks, HookTally* tally, SignalHooks* list) {
  for (int signal = 1; signal <= SIGRTMAX; ++signal) {
    const std::optional<TakeAs> how = HowToTake(hooks, signal);
    if (!how.has_value()) continue;
    const SignalLook look = finalize_internal::TakeSignal(signal, *how);
    tally->Add(look, *how != TakeAs::kUsual);
    AddTo(list, signal, look);
  }
}

void TakeCrashes(const ExitHooks& hooks, HookTally* tally, SignalHooks* list) {
  finalize_internal::CrashPlan plan;
  plan.limit_nanos =
      static_cast<uint64_t>(absl::ToInt64Nanoseconds(hooks.crash_limit));
  plan.keep = hooks.keep_on_crash;
  plan.handlers_end = hooks.crash_handlers_never_return;
  finalize_internal::InstallCrashHandler(plan);
  for (const int signal : finalize_internal::kCrashSignals) {
    const SignalLook look = finalize_internal::LookAtCrashSignal(signal);
    tally->Add(look, /*named=*/false);
    AddTo(list, signal, look);
  }
}

// What cannot fail, but finds handlers of the program.
InstallResult Take(const ExitHooks& hooks) {
  HookTally stops;
  HookTally crashes;
  InstallResult result;
  TakeSignals(hooks, &stops, &result.hooks);
  if (hooks.crash) TakeCrashes(hooks, &crashes, &result.hooks);
  result.status = stops.status("no signal was taken", result.hooks,
                               "name the signals that must drain nevertheless");
  result.status.Update(
      crashes.status("no crash signal was taken", result.hooks,
                     "see ExitHooks::crash_handlers_never_return"));
  return result;
}

// All that can fail.
absl::Status Prepare(const ExitHooks& hooks, HookSettings* settings) {
  if (!finalize_internal::KeepMapped(reinterpret_cast<void*>(&TakeSignals))) {
    return absl::FailedPreconditionError(
        "the module with the exit hooks cannot be kept mapped");
  }
  finalize_internal::JoinCopies();
  absl::Status status;
  if (WantsSignals(hooks)) {
    status.Update(StartThread());
    status.Update(Hook(&finalize_internal::AddSignalledExitHook, &exit_hooked));
  }
  if (hooks.quick_exit) {
    status.Update(
        Hook(&finalize_internal::AddQuickExitHooks, &quick_exit_hooked));
  }
  if (hooks.shutdown_descriptor) {
    settings->descriptor = finalize_internal::OpenShutdownDescriptor();
    if (settings->descriptor < 0) {
      status.Update(
          absl::ResourceExhaustedError("no descriptor for the exit hooks"));
    }
  }
  if (hooks.crash && !finalize_internal::PrepareCrashHandler()) {
    status.Update(absl::ResourceExhaustedError(
        "no memory or no descriptors for the crash handler"));
  }
  return status;
}

// Has the other copies of the library wait for this one's drain.
void ServeAsOneOfMany() {
  const HookSettings& settings = finalize_internal::Settings();
  const absl::Duration patience =
      finalize_internal::DeadlineFromEnvironment().value_or(
          finalize_internal::ExitDeadline());
  finalize_internal::ServeRequests(
      static_cast<uint64_t>(absl::ToInt64Nanoseconds(patience)),
      settings.on_signal != nullptr || settings.descriptor >= 0);
}

}  // namespace

InstallResult InstallExitHooks(const ExitHooks& hooks) {
  absl::Status status = finalize_internal::ValidateExitHooks(hooks);
  if (!status.ok()) return {status, {}};
  finalize_internal::DeadlineFromEnvironment();  // says now if it is malformed
  Draft draft;
  status = Copy(hooks, &draft);
  if (!status.ok()) return {status, {}};
  Installing installing_now;
  Merge(hooks, draft.settings.get());
  status = Prepare(hooks, draft.settings.get());
  if (!status.ok()) return {status, {}};
  finalize_internal::Replace(draft.settings.release());
  draft.on_signal.release();
  finalize_internal::ClaimHooks();
  if (thread_epoch == CurrentEpoch()) ServeAsOneOfMany();
  if (hooks.terminate) finalize_internal::InstallTerminateHook();
  return Take(hooks);
}

SignalHooks HookedSignals() {
  SignalHooks hooks;
  for (int signal = 1; signal <= SIGRTMAX; ++signal) {
    if (!finalize_internal::IsAskedFor(signal)) continue;
    AddTo(&hooks, signal, finalize_internal::LookAtSignal(signal));
  }
  if (!finalize_internal::Settings().crash) return hooks;
  for (const int signal : finalize_internal::kCrashSignals) {
    AddTo(&hooks, signal, finalize_internal::LookAtCrashSignal(signal));
  }
  return hooks;
}

bool AddCrashStack() { return finalize_internal::AddCrashStack(); }

int ShutdownDescriptor() { return finalize_internal::Settings().descriptor; }

int ShutdownSignal() { return finalize_internal::PostedSignal(); }

void EndBySignal(int signal) {
  finalize_internal::Check(
      finalize_internal::MayTake(signal),
      "EndBySignal: not a signal that asks a process to end");
  finalize_internal::DropLoop();
  finalize_internal::EndProcess(Cause(Cause::Kind::kSignal, signal),
                                finalize_internal::ExitDeadline());
  finalize_internal::EndAfterDrain(signal);
}

}  // namespace finalize
