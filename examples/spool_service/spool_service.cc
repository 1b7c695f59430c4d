// SPDX-License-Identifier: Apache-2.0

// A service that takes archives, and that leaves nothing behind however it
// ends. README.md of this folder says how to run it.
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "examples/send_signal.h"
#include "examples/spool_service/ending.h"
#include "examples/spool_service/listener.h"
#include "examples/spool_service/readiness.h"
#include "examples/spool_service/reload.h"
#include "examples/spool_service/server.h"
#include "examples/spool_service/settings.h"
#include "examples/spool_service/workers.h"
#include "finalize/at_exit.h"
#include "finalize/in_flight.h"
#include "finalize/options.h"
#include "tempdir/reap.h"

namespace spool_service {
namespace {

[[noreturn]] void Fail(const absl::Status& status) {
  const std::string text(status.message());
  std::fprintf(stderr, "spool_service: %s\n", text.c_str());
  std::_Exit(1);
}

void Require(const absl::Status& status) {
  if (!status.ok()) Fail(status);
}

// Removes what a killed predecessor left. Here, rather than in the background
// of the first request, so that this has its space.
void ReapSpool(const Settings& settings) {
  absl::StatusOr<tempdir::ReapReport> report = tempdir::Reap(settings.spool);
  if (!report.ok()) {
    const std::string why = report.status().ToString();
    std::fprintf(stderr, "spool_service: nothing was reaped: %s\n",
                 why.c_str());
    return;
  }
  const size_t removed = report->Count(tempdir::ReapOutcome::kRemoved);
  if (removed > 0) {
    std::fprintf(stderr, "spool_service: reaped %zu directories in %s\n",
                 removed, settings.spool.c_str());
  }
}

// Serves in this process, on threads.
finalize::InFlight* Serve(const Settings& settings, int listener) {
  Require(PrepareEnd(settings));
  finalize::InFlight* const requests = NewRequests();
  auto* const server = new Server(settings, listener, requests);
  StopFirst("stop accepting", [server] { server->StopAccepting(); });
  server->Start();
  return requests;
}

// A process that is answered for: the one that the supervisor has started.
class Service {
 public:
  // `signals` are blocked, for Supervise().
  Service(const Settings& settings, int listener, const sigset_t& signals)
      : settings_(settings),
        listener_(listener),
        signals_(signals),
        workers_([this](auto& ready) { ServeAsWorker(ready); }) {}

  void Start() {
    std::function<std::string()> status;
    if (settings_.workers > 0) {
      Require(PrepareEnd(settings_));
      Require(workers_.Start(settings_.workers));
      finalize::AtExit(finalize::Options("finish workers")
                           .set_phase(finalize::kFinishWorkPhase),
                       [this] { return workers_.AwaitEnd(); });
      StopFirst("stop workers", [this] {
        close(listener_);
        workers_.Stop();
      });
      status = [] { return "waiting for the workers"; };
    } else {
      finalize::InFlight* const requests = Serve(settings_, listener_);
      status = [requests] {
        return absl::StrCat("finishing ", requests->size(), " requests");
      };
    }
    StopFirst("notify", [this, status] {
      ending_ = true;
      reload_.Cancel();
      if (!has_successor_) NotifyStopping(status);
    });
    std::printf("listening on %s\n", ListenerName(listener_).c_str());
    std::fflush(stdout);
    NotifyReady();
    TellPredecessor();
  }

  // Reloads, and replaces workers, until another thread ends the process.
  [[noreturn]] void Supervise() {
    for (;;) {
      const int signal = AwaitSignal();
      if (signal == SIGCHLD) workers_.Replace();
      if (signal == SIGHUP) ReloadOnce();
    }
  }

 private:
  [[noreturn]] void ServeAsWorker(const std::function<void()>& ready) {
    ReapSpool(settings_);  // what the worker left that this one replaces
    Serve(settings_, listener_);
    ready();
    for (;;) AwaitSignal();  // a reload is the master's concern
  }

  int AwaitSignal() {
    int signal = 0;
    sigwait(&signals_, &signal);
    return signal;
  }

  void ReloadOnce() {
    NotifyReloading();
    absl::StatusOr<pid_t> successor =
        reload_.StartSuccessor(settings_, listener_);
    if (successor.ok()) {
      has_successor_ = true;
      // A signal that came meanwhile was for it, too.
      if (ending_) examples::SendSignal(*successor, SIGTERM);
      NotifySuccessor(*successor);
      EndNow();
    }
    const std::string why(successor.status().message());
    std::fprintf(stderr, "spool_service: no reload: %s\n", why.c_str());
    NotifyNoSuccessor();
  }

  const Settings settings_;
  const int listener_;
  const sigset_t signals_;
  Workers workers_;
  Reload reload_;
  std::atomic<bool> ending_{false};
  std::atomic<bool> has_successor_{false};
};

}  // namespace
}  // namespace spool_service

int main(int argc, char** argv) {
  using namespace spool_service;  // NOLINT(build/namespaces)
  absl::StatusOr<Settings> settings = ParseSettings(argc, argv);
  Require(settings.status());

  // For Supervise(), and so blocked on every other thread.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGHUP);
  sigaddset(&signals, SIGCHLD);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  ReapSpool(*settings);
  absl::StatusOr<int> listener = OpenListener(*settings);
  Require(listener.status());
  auto* const service = new Service(*settings, *listener, signals);
  service->Start();
  service->Supervise();
}
