// SPDX-License-Identifier: Apache-2.0

#include "examples/spool_service/readiness.h"

#include <systemd/sd-daemon.h>
#include <time.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "finalize/at_exit.h"
#include "finalize/options.h"

namespace spool_service {
namespace {

constexpr std::chrono::seconds kInterval{1};
// Until then, systemd does not kill the service, whatever TimeoutStopSec says.
constexpr std::chrono::microseconds kExtension = 5 * kInterval;

void Notify(const std::string& message) { sd_notify(0, message.c_str()); }

// Sends a message each second, on a thread.
class Extender {
 public:
  explicit Extender(std::function<std::string()> status)
      : status_(std::move(status)), thread_([this] { Send(); }) {}

  void Stop() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

 private:
  void Send() {
    std::unique_lock<std::mutex> lock(mutex_);
    do {
      lock.unlock();
      Notify(absl::StrCat("EXTEND_TIMEOUT_USEC=", kExtension.count(),
                          "\nSTATUS=", status_()));
      lock.lock();
    } while (!changed_.wait_for(lock, kInterval, [this] { return stopped_; }));
  }

  const std::function<std::string()> status_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace

void NotifyReady() { Notify("READY=1\nSTATUS=ready"); }

void NotifyReloading() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const long long micros = now.tv_sec * 1000000LL + now.tv_nsec / 1000;
  Notify(absl::StrCat("RELOADING=1\nMONOTONIC_USEC=", micros));
}

void NotifySuccessor(pid_t process) {
  Notify(absl::StrCat("MAINPID=", process, "\nREADY=1"));
}

void NotifyNoSuccessor() { Notify("READY=1\nSTATUS=the reload has failed"); }

void NotifyStopping(std::function<std::string()> status) {
  Notify("STOPPING=1");
  auto* const extender = new Extender(std::move(status));
  // With the last finalizers, before the temp dirs: these have a share of the
  // deadline of their own, and the library ends the process behind it.
  finalize::AtExit(finalize::Options("stop asking systemd for time")
                       .set_phase(finalize::kReleasePhase),
                   [extender] { extender->Stop(); });
}

}  // namespace spool_service
