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
#include "examples/spool_service/ending.h"
#include "examples/spool_service/listener.h"
#include "examples/spool_service/predecessor.h"
#include "examples/spool_service/readiness.h"
#include "examples/spool_service/reload.h"
#include "examples/spool_service/server.h"
#include "examples/spool_service/settings.h"
#include "examples/spool_service/spool.h"
#include "examples/spool_service/workers.h"
#include "examples/standard_descriptors.h"
#include "finalize/at_exit.h"
#include "finalize/in_flight.h"
#include "finalize/options.h"

namespace spool_service {
namespace {

void Say(const absl::Status& status) {
  const std::string text(status.message());
  std::fprintf(stderr, "spool_service: %s\n", text.c_str());
}

void Require(const absl::Status& status) {
  if (status.ok()) return;
  Say(status);
  std::_Exit(1);
}

// Serves in this process, on threads, which leave signals to this one.
finalize::InFlight* Serve(const Settings& settings, int listener) {
  const NoEnd no_end;
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
  Service(const Settings& settings, int listener, Predecessor predecessor,
          const sigset_t& signals)
      : settings_(settings),
        listener_(listener),
        predecessor_(predecessor),
        signals_(signals),
        workers_([this](auto& ready) { ServeAsWorker(ready); }) {}

  void Start() {
    if (settings_.workers > 0) {
      PrepareMaster();
      StartWorkers();
    } else {
      StartServing();
    }
    if (!predecessor_.HandsOver()) {
      if (!EndRequested()) {
        std::fprintf(stderr,
                     "spool_service: the process that reloads has died: its "
                     "successor ends\n");
      }
      EndNow();
    }
    std::printf("listening on %s\n", ListenerName(listener_).c_str());
    std::fflush(stdout);
    NotifyReady();
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
  void StartServing() {
    const NoEnd no_end;
    finalize::InFlight* const requests = Serve(settings_, listener_);
    StopReloadFirst([requests] {
      return absl::StrCat("finishing ", requests->size(), " requests");
    });
  }

  void PrepareMaster() {
    const NoEnd no_end;
    Require(PrepareEnd(settings_));
    finalize::AtExit(finalize::Options("finish workers")
                         .set_phase(finalize::kFinishWorkPhase),
                     [this] { return workers_.AwaitEnd(); });
    StopFirst("stop workers", [this] {
      workers_.Stop();
      close(listener_);
    });
    StopReloadFirst([] { return "waiting for the workers"; });
  }

  void StartWorkers() {
    const absl::Status started = workers_.Start(settings_.workers);
    while (absl::IsCancelled(started)) pause();  // another thread ends it
    Require(started);
  }

  // Before the listener is closed: a successor that is started inherits it.
  void StopReloadFirst(std::function<std::string()> status) {
    finalize::AtExit(finalize::Options("finish reload")
                         .set_phase(finalize::kFinishWorkPhase),
                     [this] { return reload_.AwaitEnd(); });
    StopFirst("stop reload", [this, status] {
      reload_.Stop();
      if (!has_successor_) NotifyStopping(status);
    });
  }

  [[noreturn]] void ServeAsWorker(const std::function<void()>& ready) {
    predecessor_.Forget();
    // What the worker left that this one replaces.
    if (absl::Status reaped = ReapSpool(settings_.spool); !reaped.ok()) {
      Say(reaped);
    }
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
    if (EndRequested()) return;
    NotifyReloading();
    absl::Status reloaded = reload_.StartSuccessor(settings_, listener_);
    if (reloaded.ok()) {
      reloaded = HandOver();
      if (reloaded.ok()) EndNow();
      reload_.EndSuccessor();
    }
    if (absl::IsCancelled(reloaded)) return;
    const std::string why(reloaded.message());
    std::fprintf(stderr, "spool_service: no reload: %s\n", why.c_str());
    NotifyNoSuccessor();
  }

  // Whoever ends the service knows only this process. A signal that came before
  // this is for the successor, too, which then does not become the service; one
  // that comes later is passed on to it.
  absl::Status HandOver() {
    const NoEnd no_end;
    if (EndRequested()) return absl::CancelledError("this process ends");
    const absl::StatusOr<pid_t> successor = reload_.HandOver();
    if (!successor.ok()) return successor.status();
    has_successor_ = true;
    PassSignalsTo(*successor);
    NotifySuccessor(*successor);
    return absl::OkStatus();
  }

  const Settings settings_;
  const int listener_;
  Predecessor predecessor_;
  const sigset_t signals_;
  Workers workers_;
  Reload reload_;
  std::atomic<bool> has_successor_{false};
};

}  // namespace
}  // namespace spool_service

int main(int argc, char** argv) {
  using namespace spool_service;  // NOLINT(build/namespaces)
  examples::OpenStandardDescriptors();
  // Whoever reads the output may have gone.
  signal(SIGPIPE, SIG_IGN);
  const Predecessor predecessor;
  absl::StatusOr<Settings> settings = ParseSettings(argc, argv);
  Require(settings.status());

  // For Supervise(), and so blocked on every other thread.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGHUP);
  sigaddset(&signals, SIGCHLD);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  Require(ReapSpool(settings->spool));
  {
    const NoEnd no_end;  // it would leave what this tries with
    Require(TrySpool(settings->spool));
  }
  absl::StatusOr<int> listener = OpenListener(*settings);
  Require(listener.status());
  auto* const service = new Service(*settings, *listener, predecessor, signals);
  service->Start();
  service->Supervise();
}
