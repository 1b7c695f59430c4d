// SPDX-License-Identifier: Apache-2.0

#include "examples/spool_service/workers.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <mutex>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "examples/send_signal.h"
#include "finalize/process_end.h"

namespace spool_service {

std::string Workers::Trouble(pid_t process, int status, bool ready) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return "";
  // Stop() has ended it before it served.
  if (!ready && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM) return "";
  return WIFSIGNALED(status)
             ? absl::StrCat("worker ", process, " has died by signal ",
                            WTERMSIG(status))
             : absl::StrCat("worker ", process, " has ended with status ",
                            WEXITSTATUS(status));
}

absl::Status Workers::Start(int count) {
  for (int i = 0; i < count; ++i) {
    if (absl::Status status = StartOne(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

// Waits until it is ready, so that a program that cannot start does not fork
// without end.
absl::Status Workers::StartOne() {
  int readiness = -1;
  const absl::StatusOr<pid_t> worker = Fork(&readiness);
  if (!worker.ok()) return worker.status();
  char byte;
  ssize_t got;
  while ((got = read(readiness, &byte, 1)) < 0 && errno == EINTR) {
  }
  close(readiness);

  const std::lock_guard<std::mutex> lock(mutex_);
  // AwaitEnd() waits for it.
  if (stopped_) return absl::CancelledError("the workers end");
  const auto it = processes_.find(*worker);
  if (got == 1) {
    it->second.ready = true;
    return absl::OkStatus();
  }
  waitpid(*worker, nullptr, 0);
  close(it->second.pidfd);
  processes_.erase(it);
  return absl::UnavailableError(
      absl::StrCat("worker ", *worker, " did not start"));
}

// Stop() finds either no worker or its number.
absl::StatusOr<pid_t> Workers::Fork(int* readiness) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (stopped_) return absl::CancelledError("the workers end");
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "pipe");
  const pid_t master = getpid();
  const pid_t worker = fork();
  if (worker == 0) {
    close(ends[0]);
    Run(master, ends[1]);
  }
  const int error = errno;
  close(ends[1]);
  if (worker < 0) {
    close(ends[0]);
    return absl::ErrnoToStatus(error, "fork");
  }
  processes_[worker] = {static_cast<int>(syscall(SYS_pidfd_open, worker, 0))};
  *readiness = ends[0];
  return worker;
}

void Workers::Run(pid_t master, int readiness) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != master) _exit(1);  // it has ended already
  serve_([readiness] {
    if (write(readiness, "", 1) != 1) _exit(1);
    close(readiness);
  });
  _exit(1);
}

void Workers::Replace() {
  int ended = 0;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (stopped_) return;  // AwaitEnd() waits for them
    int status;
    for (auto it = processes_.begin(); it != processes_.end();) {
      if (waitpid(it->first, &status, WNOHANG) != it->first) {
        ++it;
        continue;
      }
      const std::string trouble = Trouble(it->first, status, it->second.ready);
      std::fprintf(stderr, "spool_service: %s; another one is started\n",
                   trouble.empty() ? "a worker has ended" : trouble.c_str());
      close(it->second.pidfd);
      it = processes_.erase(it);
      ++ended;
    }
  }
  while (ended > 0) {
    absl::Status status = StartOne();
    if (absl::IsCancelled(status)) return;
    if (status.ok()) {
      --ended;
    } else {
      std::fprintf(stderr, "spool_service: %s\n", status.ToString().c_str());
      sleep(1);  // and then tries again
    }
  }
}

void Workers::Stop() {
  const std::lock_guard<std::mutex> lock(mutex_);
  stopped_ = true;
  for (const auto& [process, worker] : processes_) {
    examples::SendSignal(process, SIGTERM);
  }
}

absl::Status Workers::AwaitEnd() {
  // A tenth is for what this process itself does afterwards.
  const absl::Time deadline = absl::Now() + 0.9 * finalize::ExitTimeLeft();
  absl::Status result;
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const auto& [process, worker] : processes_) {
    pollfd polled = {worker.pidfd, POLLIN, 0};
    int ready;
    do {
      const absl::Duration left = deadline - absl::Now();
      ready = poll(&polled, 1,
                   static_cast<int>(absl::ToInt64Milliseconds(
                       std::max(left, absl::ZeroDuration()))));
    } while (ready < 0 && errno == EINTR);
    if (ready == 0) {
      examples::SendSignal(process, SIGKILL);
      result.Update(absl::DeadlineExceededError(
          absl::StrCat("worker ", process, " was killed")));
    }
    int status = 0;
    waitpid(process, &status, 0);
    const std::string trouble = Trouble(process, status, worker.ready);
    if (!trouble.empty()) result.Update(absl::InternalError(trouble));
  }
  processes_.clear();
  return result;
}

}  // namespace spool_service
