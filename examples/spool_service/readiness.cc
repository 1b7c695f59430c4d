// SPDX-License-Identifier: Apache-2.0

#include "examples/spool_service/readiness.h"

#include <systemd/sd-daemon.h>
#include <time.h>

#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"

namespace spool_service {
namespace {

constexpr std::chrono::seconds kInterval{1};
// Until then, systemd does not kill the service, whatever TimeoutStopSec says.
constexpr std::chrono::microseconds kExtension = 5 * kInterval;

void Notify(const std::string& message) { sd_notify(0, message.c_str()); }

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
  // Nobody waits for this thread: if systemd does not read, it hangs.
  std::thread([status = std::move(status)] {
    for (;;) {
      Notify(absl::StrCat("EXTEND_TIMEOUT_USEC=", kExtension.count(),
                          "\nSTATUS=", status()));
      std::this_thread::sleep_for(kInterval);
    }
  }).detach();
}

}  // namespace spool_service
