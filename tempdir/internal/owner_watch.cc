#include "tempdir/internal/owner_watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "absl/status/statusor.h"
#include "tempdir/internal/reap_parent.h"
#include "tempdir/reap_report.h"

namespace tempdir_internal {
namespace {

// A child that its owner forked to exec may hold the roots a moment longer.
constexpr long kPauses[] = {5'000'000, 20'000'000, 80'000'000, 0};

// It has nothing to do but to outlive the owner by a moment, and then ends.
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

// Returns whether nobody holds anything there.
bool ReapAll(const std::vector<std::string>& parents) {
  bool nothing_held = true;
  for (const std::string& parent : parents) {
    const auto report = ReapParent(parent, {}, ReapScope::kOwnMount);
    nothing_held &=
        !report.ok() || report->Count(tempdir::ReapOutcome::kInUse) == 0;
  }
  return nothing_held;
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
  for (long pause : kPauses) {
    if (ReapAll(parents)) break;
    const timespec time = {0, pause};
    nanosleep(&time, nullptr);
  }
  return kWatching;
}

}  // namespace tempdir_internal
