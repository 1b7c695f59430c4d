#include "finalize/internal/signal_handler.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "absl/base/attributes.h"
#include "finalize/internal/const_init_array.h"
#include "finalize/internal/fork_epoch.h"
#include "finalize/internal/futex.h"
#include "finalize/internal/hook_owner.h"

namespace finalize_internal {
namespace {

struct Taken {
  std::atomic<uint32_t> epoch;  // of the last process that took it; 0: none
  struct sigaction previous;    // complete before the handler is installed
  std::atomic<int> turn;        // which of the handlers is installed
};
ABSL_CONST_INIT ConstInitArray<Taken, NSIG> signals;

// The first signal, and the one that the thread may serve. 0 for none.
std::atomic<uint32_t> claimed{0};
std::atomic<uint32_t> posted{0};

uint32_t* PostedWord() { return reinterpret_cast<uint32_t*>(&posted); }

bool IsHandler(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) != 0 ||
         (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN);
}

void CallHandler(const struct sigaction& action, int signal, siginfo_t* info,
                 void* context) {
  if (action.sa_flags & SA_SIGINFO) {
    action.sa_sigaction(signal, info, context);
  } else {
    action.sa_handler(signal);
  }
}

// Delivers `signal` to this thread, under its default action.
void RaiseByDefault(int signal) {
  struct sigaction by_default = {};
  sigaction(signal, &by_default, nullptr);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  sigprocmask(SIG_UNBLOCK, &set, nullptr);
  syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), signal);
}

// In a process that did not install the hooks, it is as if they were not there.
void HandleElsewhere(int signal, siginfo_t* info, void* context) {
  const struct sigaction& previous = signals[signal].previous;
  if (!IsHandler(previous)) {
    RaiseByDefault(signal);
    return;
  }
  struct sigaction next = previous;
  if (previous.sa_flags & SA_RESETHAND) next = {};
  sigaction(signal, &next, nullptr);
  CallHandler(previous, signal, info, context);
}

// Whether this process has taken `signal`, and did not inherit its handler.
bool IsTaken(int signal) {
  return HooksAreOurs() &&
         signals[signal].epoch.load(std::memory_order_relaxed) == OwnerEpoch();
}

void Handle(int signal, siginfo_t* info, void* context) {
  const int saved_errno = errno;
  if (!IsTaken(signal)) {
    HandleElsewhere(signal, info, context);
    errno = saved_errno;
    return;
  }
  uint32_t none = 0;
  if (!claimed.compare_exchange_strong(none, static_cast<uint32_t>(signal),
                                       std::memory_order_acq_rel)) {
    DieBySignal(signal);
  }
  const struct sigaction& previous = signals[signal].previous;
  if (IsHandler(previous)) CallHandler(previous, signal, info, context);
  posted.store(static_cast<uint32_t>(signal), std::memory_order_release);
  FutexWake(PostedWord());
  errno = saved_errno;
}

// There are two, and a child of a fork that finds a handler over the inherited
// one installs the other: the one that this handler was installed over in the
// parent, and may call in its turn, does nothing then.
template <int kTurn>
void HandleInTurn(int signal, siginfo_t* info, void* context) {
  if (IsTaken(signal) &&
      signals[signal].turn.load(std::memory_order_relaxed) != kTurn) {
    return;
  }
  Handle(signal, info, context);
}

bool IsIgnored(const struct sigaction& action) {
  return !IsHandler(action) && action.sa_handler == SIG_IGN;
}

// Installs the other handler over `found`.
void Install(int signal, const struct sigaction& found) {
  const int turn = 1 - signals[signal].turn.load(std::memory_order_relaxed);
  signals[signal].turn.store(turn, std::memory_order_relaxed);
  struct sigaction own = {};
  own.sa_sigaction = turn == 0 ? &HandleInTurn<0> : &HandleInTurn<1>;
  own.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  if (IsHandler(found)) {
    // It runs inside: under its own mask, and on the stack and with the
    // restarts that it asked for.
    own.sa_mask = found.sa_mask;
    own.sa_flags =
        SA_SIGINFO | (found.sa_flags & (SA_ONSTACK | SA_RESTART | SA_NODEFER));
  }
  sigaction(signal, &own, nullptr);
}

bool IsOurHandler(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) != 0 &&
         (action.sa_sigaction == &HandleInTurn<0> ||
          action.sa_sigaction == &HandleInTurn<1>);
}

}  // namespace

bool MayTake(int signal) {
  switch (signal) {
    case SIGHUP:
    case SIGINT:
    case SIGQUIT:
    case SIGPIPE:
    case SIGALRM:
    case SIGTERM:
    case SIGUSR1:
    case SIGUSR2:
    case SIGVTALRM:
    case SIGPROF:
    case SIGXCPU:
    case SIGXFSZ:
    case SIGPOLL:
    case SIGPWR:
      return true;
    default:
      return signal >= SIGRTMIN && signal <= SIGRTMAX;
  }
}

void TakeSignal(int signal, bool named) {
  Taken& slot = signals[signal];
  struct sigaction found;
  sigaction(signal, nullptr, &found);
  const bool inherited = IsOurHandler(found);
  const bool taken = slot.epoch.load() == CurrentEpoch();
  if (inherited ? IsTaken(signal) : taken) return;
  const struct sigaction& previous = inherited ? slot.previous : found;
  const bool handled = IsHandler(previous);
  if (IsIgnored(previous) || (handled && !named)) return;
  slot.previous = previous;
  slot.epoch.store(CurrentEpoch());  // the handler looks at it
  if (!inherited) Install(signal, slot.previous);
}

void ResetPosted() {
  claimed.store(0, std::memory_order_relaxed);
  posted.store(0, std::memory_order_release);
}

int PostedSignal() {
  return HooksAreOurs()
             ? static_cast<int>(posted.load(std::memory_order_acquire))
             : 0;
}

int AwaitPosted() {
  for (;;) {
    const uint32_t signal = posted.load(std::memory_order_acquire);
    if (signal != 0) return static_cast<int>(signal);
    FutexSleep(PostedWord(), 0, UINT64_MAX);
  }
}

void DieBySignal(int signal) {
  RaiseByDefault(signal);
  _exit(128 + signal);
}

}  // namespace finalize_internal
