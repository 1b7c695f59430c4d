#include "finalize/exit_hooks.h"

#include <sched.h>
#include <signal.h>
#include <sys/eventfd.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>

#include "absl/strings/str_cat.h"
#include "finalize/cause.h"
#include "finalize/internal/check.h"
#include "finalize/internal/crash_handler.h"
#include "finalize/internal/crash_stack.h"
#include "finalize/internal/deadline_override.h"
#include "finalize/internal/fork_epoch.h"
#include "finalize/internal/hook_owner.h"
#include "finalize/internal/module.h"
#include "finalize/internal/process_end.h"
#include "finalize/internal/process_exit.h"
#include "finalize/internal/signal_handler.h"
#include "finalize/internal/signal_thread.h"
#include "finalize/internal/terminate_hook.h"

namespace finalize {
namespace {

using finalize_internal::CurrentEpoch;
using finalize_internal::HooksAreOurs;
using finalize_internal::HookSettings;

constexpr int kUsualSignals[] = {SIGTERM, SIGINT, SIGHUP};
constexpr absl::Duration kMostCrashLimit = absl::Minutes(1);

// The epoch of the process in which a thread is in InstallExitHooks. Not a Lock
// of the table: threads are started meanwhile.
std::atomic<uint32_t> installing{0};
// Guarded by `installing`: in which epoch there is a thread, and whether there
// are hooks in quick_exit(), which a child inherits.
uint32_t thread_epoch = 0;
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

absl::Status Validate(const ExitHooks& hooks) {
  for (const int signal : hooks.signals) {
    if (!finalize_internal::MayTake(signal)) {
      return absl::InvalidArgumentError(
          absl::StrCat("ExitHooks::signals: ", signal,
                       " is no signal that asks a process to end"));
    }
  }
  if (hooks.deadline <= absl::ZeroDuration() ||
      hooks.deadline == absl::InfiniteDuration()) {
    return absl::InvalidArgumentError(
        "ExitHooks::deadline must be finite and positive");
  }
  if (hooks.crash_limit <= absl::ZeroDuration() ||
      hooks.crash_limit > kMostCrashLimit) {
    return absl::InvalidArgumentError(
        "ExitHooks::crash_limit must be positive and a minute at most");
  }
  return absl::OkStatus();
}

// The settings and what they point to, until they are in place.
struct Draft {
  std::unique_ptr<HookSettings> settings;
  std::unique_ptr<const std::function<void(int)>> on_signal;
};

// Copies what `hooks` asks for: by code of the user's, where that is a
// callback.
absl::Status Copy(const ExitHooks& hooks, Draft* draft) {
  try {
    draft->settings = std::make_unique<HookSettings>();
    if (hooks.on_signal != nullptr) {
      draft->on_signal =
          std::make_unique<const std::function<void(int)>>(hooks.on_signal);
    }
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError("no memory for the exit hooks");
  }
  draft->settings->deadline = hooks.deadline;
  draft->settings->on_signal = draft->on_signal.get();
  return absl::OkStatus();
}

// Adds what this process asked for before.
void Merge(const ExitHooks& hooks, HookSettings* settings) {
  const HookSettings& before = finalize_internal::Settings();
  settings->quick_exit = hooks.quick_exit || before.quick_exit;
  settings->terminate = hooks.terminate || before.terminate;
}

absl::Status StartThread() {
  if (thread_epoch == CurrentEpoch()) return absl::OkStatus();
  finalize_internal::ResetPosted();
  if (!finalize_internal::StartSignalThread()) {
    return absl::ResourceExhaustedError("no thread for the exit hooks");
  }
  thread_epoch = CurrentEpoch();
  return absl::OkStatus();
}

absl::Status HookQuickExit() {
  if (quick_exit_hooked) return absl::OkStatus();
  if (!finalize_internal::AddQuickExitHooks()) {
    return absl::ResourceExhaustedError("no memory for the exit hooks");
  }
  quick_exit_hooked = true;
  return absl::OkStatus();
}

// One for each process, however often it is asked for.
absl::Status OpenDescriptor(int* descriptor) {
  static int own;
  static uint32_t epoch = 0;
  if (epoch != CurrentEpoch()) {
    own = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (own < 0) {
      return absl::ResourceExhaustedError("no descriptor for the exit hooks");
    }
    epoch = CurrentEpoch();
  }
  *descriptor = own;
  return absl::OkStatus();
}

bool WantsSignals(const ExitHooks& hooks) {
  return hooks.usual_signals || !hooks.signals.empty();
}

void TakeSignals(const ExitHooks& hooks) {
  for (const int signal : hooks.signals) {
    finalize_internal::TakeSignal(signal, /*named=*/true);
  }
  if (!hooks.usual_signals) return;
  for (const int signal : kUsualSignals) {
    finalize_internal::TakeSignal(signal, /*named=*/false);
  }
}

void TakeCrashes(const ExitHooks& hooks) {
  finalize_internal::CrashPlan plan;
  plan.limit_nanos =
      static_cast<uint64_t>(absl::ToInt64Nanoseconds(hooks.crash_limit));
  plan.keep = hooks.keep_on_crash;
  plan.handlers_end = hooks.crash_handlers_end;
  finalize_internal::InstallCrashHandler(plan);
}

// All that can fail.
absl::Status Prepare(const ExitHooks& hooks, HookSettings* settings) {
  if (!finalize_internal::KeepMapped(reinterpret_cast<void*>(&TakeSignals))) {
    return absl::FailedPreconditionError(
        "the module with the exit hooks cannot be kept mapped");
  }
  absl::Status status;
  if (WantsSignals(hooks)) status.Update(StartThread());
  if (hooks.quick_exit) status.Update(HookQuickExit());
  if (hooks.descriptor) status.Update(OpenDescriptor(&settings->descriptor));
  if (hooks.crash && !finalize_internal::PrepareCrashHandler()) {
    status.Update(absl::ResourceExhaustedError(
        "no memory or no descriptors for the handler of crashes"));
  }
  return status;
}

}  // namespace

absl::Status InstallExitHooks(const ExitHooks& hooks) {
  absl::Status status = Validate(hooks);
  if (!status.ok()) return status;
  finalize_internal::DeadlineFromEnvironment();  // says now if it is malformed
  Draft draft;
  status = Copy(hooks, &draft);
  if (!status.ok()) return status;
  Installing installing_now;
  Merge(hooks, draft.settings.get());
  status = Prepare(hooks, draft.settings.get());
  if (!status.ok()) return status;
  finalize_internal::Replace(draft.settings.release());
  draft.on_signal.release();
  finalize_internal::OwnHooks();
  if (hooks.terminate) finalize_internal::InstallTerminateHook();
  TakeSignals(hooks);
  if (hooks.crash) TakeCrashes(hooks);
  return absl::OkStatus();
}

bool AddCrashStack() { return finalize_internal::AddCrashStack(); }

int ShutdownDescriptor() { return finalize_internal::Settings().descriptor; }

int ShutdownSignal() { return finalize_internal::PostedSignal(); }

void EndBySignal(int signal) {
  finalize_internal::Check(finalize_internal::MayTake(signal),
                           "EndBySignal: no signal that asks a process to end");
  finalize_internal::DrainProcess(Cause(Cause::kSignal, signal),
                                  finalize_internal::Settings().deadline);
  finalize_internal::DieBySignal(signal);
}

}  // namespace finalize
