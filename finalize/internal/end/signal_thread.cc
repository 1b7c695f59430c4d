// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/end/signal_thread.h"

#include <pthread.h>
#include <signal.h>

#include <functional>

#include "finalize/internal/base/exit_deadline.h"
#include "finalize/internal/base/ignoring_bad_alloc.h"
#include "finalize/internal/copies/copies.h"
#include "finalize/internal/end/exit_handlers.h"
#include "finalize/internal/end/signal_end.h"
#include "finalize/internal/life/registration.h"
#include "finalize/internal/life/report_failure.h"
#include "finalize/internal/life/run.h"
#include "finalize/internal/node/callback.h"
#include "finalize/internal/signals/exit_hook_settings.h"
#include "finalize/internal/signals/shutdown_descriptor.h"
#include "finalize/internal/signals/signal_request.h"
#include "finalize/internal/system/detached_thread.h"
#include "finalize/internal/system/signals_blocked.h"

namespace finalize_internal {
namespace {

using finalize::Cause;

// Calls on_signal. Returns false if that failed, which is reported.
bool Notify(const finalize::SharedFunction<void(int)>& on_signal, int signal) {
  // By reference: there may be no memory for a copy.
  using Callback =
      std::reference_wrapper<const finalize::SharedFunction<void(int)>>;
  using B = BoundFor<Invocation::kRetryable, Callback, int>;
  UnregisteredCallback<B> callback(std::cref(on_signal), signal);
  Failure failure;
  RunUnregistered(kOpsFor<B>, &callback.storage,
                  Cause(Cause::Kind::kSignal, signal), &failure);
  if (!failure.failed) return true;
  finalize::ReportEntry entry;
  IgnoringBadAlloc([&entry] { entry.name = "ExitHooks::on_signal"; });
  entry.cause = Cause(Cause::Kind::kSignal, signal);
  entry.outcome = finalize::ReportEntry::Outcome::kFailed;
  entry.status = ToStatus(failure);
  ReportFailure(entry);
  return false;
}

// Notifies the program's own shutdown loop. Returns false if there is none, or
// if that failed.
bool Tell(const HookSettings& settings, int signal) {
  bool told = WriteShutdownDescriptor(settings.descriptor);
  if (settings.on_signal != nullptr) {
    told = Notify(*settings.on_signal, signal);
  }
  return told;
}

void Serve(const sigset_t& mask) {
  const int signal = AwaitPosted();
  pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  const HookSettings& settings = Settings();
  if (Tell(settings, signal)) return;
  DropLoop();
  AwaitLoops();
  EndProcess(Cause(Cause::Kind::kSignal, signal), ExitDeadline());
  EndAfterDrain(signal);
}

}  // namespace

bool StartSignalThread() {
  SignalsBlocked blocked;
  return StartDetached([mask = blocked.before()] { Serve(mask); });
}

}  // namespace finalize_internal
