// SPDX-License-Identifier: Apache-2.0

#include "tempdir/internal/reap/owner_watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "finalize/escaped_text.h"
#include "tempdir/internal/reap/reap_parent.h"
#include "tempdir/reap_report.h"

namespace tempdir_internal {
namespace {

// A child that the owner has forked may hold the roots until it executes.
constexpr long kPauses[] = {5'000'000, 20'000'000, 80'000'000, 0};
// So that it is written to a pipe as a whole.
constexpr size_t kMaxLineLength = 3000;

// The watcher only outlives the owner, by a moment.
void IgnoreSignals() {
  for (int number :
       {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGUSR1, SIGUSR2, SIGALRM}) {
    signal(number, SIG_IGN);
  }
}

void AwaitEnd(int pidfd) {
  pollfd end = {pidfd, POLLIN, 0};
  while (poll(&end, 1, -1) < 0 && errno == EINTR) {
  }
}

struct Reaped {
  bool nothing_held = true;
  size_t failures = 0;
  absl::Status first_failure;

  void Fail(const absl::Status& status) {
    if (failures++ == 0) first_failure = status;
  }
};

// In a parent that was removed, nothing is left.
void Add(const absl::StatusOr<tempdir::ReapReport>& report, Reaped* reaped) {
  if (!report.ok()) {
    if (!absl::IsNotFound(report.status())) reaped->Fail(report.status());
    return;
  }
  for (const tempdir::ReapedRoot& root : report->roots) {
    if (root.outcome == tempdir::ReapOutcome::kInUse) {
      reaped->nothing_held = false;
    } else if (root.outcome == tempdir::ReapOutcome::kFailed) {
      reaped->Fail(root.status);
    }
  }
}

Reaped ReapAll(const std::vector<std::string>& parents) {
  Reaped reaped;
  for (const std::string& parent : parents) {
    Add(ReapParent(parent, {}, ReapScope::kOwnMount), &reaped);
  }
  return reaped;
}

// Writes nothing if that would block: perhaps nothing reads.
void Say(const Reaped& reaped) {
  pollfd room = {STDERR_FILENO, POLLOUT, 0};
  if (reaped.failures == 0 || poll(&room, 1, 0) != 1) return;
  std::string line = absl::StrCat(
      "finalize-reap: ",
      finalize::OneLine(std::string(reaped.first_failure.message())));
  if (line.size() > kMaxLineLength) line.resize(kMaxLineLength);
  if (reaped.failures > 1) {
    absl::StrAppend(&line, " (and ", reaped.failures - 1, " more)");
  }
  line.push_back('\n');
  (void)!write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace

int WatchOwner(pid_t owner, const std::vector<std::string>& parents) {
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, owner, 0));
  const int error = errno;
  if (getppid() != owner) return kOwnerIsGone;
  if (pidfd < 0) return error == ESRCH ? kOwnerIsGone : kCannotWatch;
  IgnoreSignals();
  const pid_t watcher = fork();
  if (watcher != 0) return watcher > 0 ? kWatching : kCannotWatch;
  AwaitEnd(pidfd);
  Reaped reaped;
  for (long pause : kPauses) {
    reaped = ReapAll(parents);
    if (reaped.nothing_held) break;
    const timespec time = {0, pause};
    nanosleep(&time, nullptr);
  }
  Say(reaped);
  return kWatching;
}

}  // namespace tempdir_internal
