// SPDX-License-Identifier: Apache-2.0

#include "examples/spool_service/ending.h"

#include <signal.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <functional>
#include <iterator>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "examples/send_signal.h"
#include "finalize/at_exit.h"
#include "finalize/exit_hooks.h"
#include "finalize/options.h"
#include "finalize/process_end.h"

namespace spool_service {
namespace {

constexpr int kSignals[] = {SIGTERM, SIGINT};

// Of PassSignalsTo().
std::atomic<pid_t> signal_heir{0};
struct sigaction hooks_of_library[NSIG];

void PassOn(int signal, siginfo_t* info, void* context) {
  const int error = errno;
  examples::SendSignal(signal_heir, signal);
  // A second one ends this process at once.
  hooks_of_library[signal].sa_sigaction(signal, info, context);
  errno = error;
}

}  // namespace

absl::Status PrepareEnd(const Settings& settings) {
  finalize::ExitOptions options;
  options.deadline = settings.grace;
  absl::Status status = finalize::SetExitOptions(options);
  if (!status.ok()) return status;

  finalize::ExitHooks hooks;
  hooks.usual_signals = false;  // SIGHUP is a reload
  hooks.signals.assign(std::begin(kSignals), std::end(kSignals));
  // What a supervisor expects of a service that it has asked to end.
  hooks.signal_exit_code = 0;
  hooks.signal_failure_exit_code = 1;
  hooks.flush_stdio = true;
  hooks.crash = settings.crash_tier;
  // A busy service has hundreds of uploads to remove: two seconds, the default,
  // are too short on a slow disk.
  hooks.crash_limit = std::min(settings.grace, absl::Minutes(1));
  return finalize::InstallExitHooks(hooks);
}

void StopFirst(std::string_view name, std::function<void()> stop) {
  finalize::AtExit(
      finalize::Options(name).set_phase(finalize::kStopAcceptingPhase),
      std::move(stop));
}

finalize::InFlight* NewRequests() {
  finalize::InFlightOptions options;
  // No thread calls exit() and could take the drain over meanwhile.
  options.later_share = 0.25;
  return new finalize::InFlight("finish requests", options);
}

void EndNow() { finalize::EndBySignal(SIGTERM); }

NoEnd::NoEnd() {
  sigset_t signals;
  sigemptyset(&signals);
  for (int signal : kSignals) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, &before_);
}

NoEnd::~NoEnd() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

bool EndRequested() {
  sigset_t pending;
  sigpending(&pending);
  return finalize::ShutdownSignal() != 0 ||
         std::any_of(std::begin(kSignals), std::end(kSignals), [&](int signal) {
           return sigismember(&pending, signal) == 1;
         });
}

void PassSignalsTo(pid_t heir) {
  signal_heir = heir;
  for (int signal : kSignals) {
    struct sigaction action = {};
    sigaction(signal, nullptr, &action);
    if ((action.sa_flags & SA_SIGINFO) == 0) continue;  // it is ignored
    hooks_of_library[signal] = action;
    action.sa_sigaction = PassOn;
    sigaction(signal, &action, nullptr);
  }
}

}  // namespace spool_service
