// SPDX-License-Identifier: Apache-2.0

#include "examples/spool_service/reload.h"

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <mutex>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "examples/send_signal.h"
#include "examples/spool_service/predecessor.h"
#include "examples/spool_service/start_program.h"
#include "finalize/process_end.h"

namespace spool_service {
namespace {

std::string OwnProgram() {
  char path[PATH_MAX];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof(path));
  return size > 0 ? std::string(path, static_cast<size_t>(size)) : "";
}

// Waits until one can be read, or has ended. Returns false at the deadline.
bool AwaitEither(int one, int other, absl::Time deadline) {
  pollfd polled[] = {{one, POLLIN, 0}, {other, POLLIN, 0}};
  int ready;
  do {
    const absl::Duration left =
        std::max(deadline - absl::Now(), absl::ZeroDuration());
    ready = poll(polled, 2, static_cast<int>(absl::ToInt64Milliseconds(left)));
  } while (ready < 0 && errno == EINTR);
  return ready != 0;
}

}  // namespace

Reload::Reload() : program_(OwnProgram()) {}

absl::Status Reload::StartSuccessor(const Settings& settings, int listener) {
  if (absl::Status begun = Begin(settings, listener); !begun.ok()) return begun;
  absl::Status serves = AwaitServing(settings.grace);
  if (!serves.ok()) AwaitSuccessorsEnd();
  return serves;
}

// Stop() waits for it: so it finds either no successor or its number.
absl::Status Reload::Begin(const Settings& settings, int listener) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (stopped_) return absl::CancelledError("this process ends");
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return absl::ErrnoToStatus(errno, "socketpair");
  }
  const absl::StatusOr<pid_t> started = StartProgram(
      program_, ArgumentsFor(settings, listener),
      {kPredecessorVariable, absl::StrCat(ends[1])}, {listener, ends[1]});
  close(ends[1]);
  if (!started.ok()) {
    close(ends[0]);
    return started.status();
  }
  successor_ = *started;
  told_ = false;
  socket_ = ends[0];
  pidfd_ = static_cast<int>(syscall(SYS_pidfd_open, successor_, 0));
  return absl::OkStatus();
}

absl::Status Reload::AwaitServing(absl::Duration limit) {
  const bool in_time = AwaitEither(socket_, pidfd_, absl::Now() + limit);
  char word = 0;
  if (in_time && recv(socket_, &word, 1, MSG_DONTWAIT) == 1 &&
      word == kServes) {
    return absl::OkStatus();
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  if (stopped_) return absl::CancelledError("this process ends");
  Send(SIGKILL);
  if (in_time) {
    return absl::UnavailableError(
        absl::StrCat("process ", successor_, " did not start to serve"));
  }
  return absl::DeadlineExceededError(
      absl::StrCat("process ", successor_, " did not start to serve within ",
                   absl::FormatDuration(limit), ", and is killed"));
}

absl::StatusOr<pid_t> Reload::HandOver() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (stopped_) return absl::CancelledError("this process ends");
  if (send(socket_, &kGoOn, 1, MSG_NOSIGNAL) != 1) {
    return absl::ErrnoToStatus(errno, absl::StrCat("process ", successor_));
  }
  close(socket_);
  close(pidfd_);
  return std::exchange(successor_, 0);
}

void Reload::EndSuccessor() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    Tell();
  }
  AwaitSuccessorsEnd();
}

void Reload::AwaitSuccessorsEnd() {
  close(socket_);
  close(pidfd_);
  siginfo_t info;
  while (waitid(P_PID, static_cast<id_t>(successor_), &info,
                WEXITED | WNOWAIT) != 0 &&
         errno == EINTR) {
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  Send(SIGKILL);  // to what it has started
  waitpid(successor_, nullptr, 0);
  successor_ = 0;
  ended_.notify_all();
}

void Reload::Send(int signal) {
  if (!examples::SendToGroup(successor_, signal)) {
    examples::SendSignal(successor_, signal);
  }
}

// Once: a second one, later, would end it at once.
void Reload::Tell() {
  if (!std::exchange(told_, true)) Send(SIGTERM);
}

void Reload::Stop() {
  const std::lock_guard<std::mutex> lock(mutex_);
  stopped_ = true;
  if (successor_ != 0) Tell();
}

absl::Status Reload::AwaitEnd() {
  // A tenth is for what this process itself does afterwards.
  const auto limit = absl::ToChronoMilliseconds(0.9 * finalize::ExitTimeLeft());
  std::unique_lock<std::mutex> lock(mutex_);
  if (ended_.wait_for(lock, limit, [this] { return successor_ == 0; })) {
    return absl::OkStatus();
  }
  Send(SIGKILL);
  return absl::DeadlineExceededError(
      absl::StrCat("process ", successor_, ", a reload, was killed"));
}

}  // namespace spool_service
