#include "finalize/internal/crash_handler.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstring>

#include "absl/base/attributes.h"
#include "finalize/internal/clock.h"
#include "finalize/internal/const_init_array.h"
#include "finalize/internal/crash_callbacks.h"
#include "finalize/internal/crash_stack.h"
#include "finalize/internal/crash_timers.h"
#include "finalize/internal/fork_epoch.h"
#include "finalize/internal/futex.h"
#include "finalize/internal/hook_owner.h"
#include "finalize/internal/signal_action.h"

namespace finalize_internal {
namespace {

// What a callback may overrun the deadline by before it is cut off, and from
// one way of doing that to the next.
constexpr uint64_t kMargin = 500000000;

struct Taken {
  std::atomic<uint32_t> epoch;  // of the last process that took it; 0: none
  struct sigaction previous;    // complete before the handler is installed
};
ABSL_CONST_INIT ConstInitArray<Taken, NSIG> taken;

// Written before the handler is installed.
std::atomic<uint64_t> limit_nanos{0};
std::atomic<bool> keep{false};

enum Phase : uint32_t { kNone, kHandled, kOver };
std::atomic<uint32_t> phase{kNone};
std::atomic<pid_t> handling{0};
std::atomic<uint64_t> given_up_nanos{0};

// Of the thread `handling`, from before the first callback on. A signal that
// cuts a callback off jumps back; `crash_info` is what the thread crashed with.
sigjmp_buf jump;
CrashTimers timers;
siginfo_t crash_info;

// Ends of one pipe, which is nothing else's. Closed in a crash, so that the
// callbacks have descriptors.
constexpr int kReserved = 6;
int reserved[kReserved];
struct stat reserved_pipe;
uint32_t reserved_epoch = 0;

void Handle(int signal, siginfo_t* info, void* context);

pid_t ThisThread() { return static_cast<pid_t>(syscall(SYS_gettid)); }

bool IsOurHandler(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) != 0 && action.sa_sigaction == &Handle;
}

bool IsDefault(const struct sigaction& action) {
  return !IsHandler(action) && action.sa_handler == SIG_DFL;
}

sigset_t CrashSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : kCrashSignals) sigaddset(&set, signal);
  return set;
}

void Restore(int signal) {
  sigaction(signal, &taken[signal].previous, nullptr);
}

// Puts the previous actions back: of `signal` in any case, for it may have come
// by a handler of the program's that calls this one.
void RestoreAll(int signal) {
  for (const int other : kCrashSignals) {
    struct sigaction now;
    sigaction(other, nullptr, &now);
    if (IsOurHandler(now)) Restore(other);
  }
  Restore(signal);
}

// A signal that is sent does nothing to PID 1 by default; but after that of
// abort() comes worse.
bool MeansNothing(int signal, const siginfo_t& info) {
  return getpid() == 1 && info.si_code <= 0 &&
         !(signal == SIGABRT && info.si_code == SI_TKILL) &&
         IsDefault(taken[signal].previous);
}

// Has `signal` come again, as it came, when the handler returns.
void SendAgain(int signal, const siginfo_t& info, void* context) {
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, signal);
  sigprocmask(SIG_BLOCK, &one, nullptr);
  if (context != nullptr) {
    sigdelset(&static_cast<ucontext_t*>(context)->uc_sigmask, signal);
  }
  // PID 1 does not die of what is sent; a fault comes again by itself.
  if (getpid() == 1 && IsDefault(taken[signal].previous)) return;
  siginfo_t copy = info;
  if (syscall(SYS_rt_tgsigqueueinfo, getpid(), ThisThread(), signal, &copy) !=
      0) {
    syscall(SYS_tgkill, getpid(), ThisThread(), signal);
  }
}

bool Examine(int fd, struct stat* status) {
  return fstatat(fd, "", status, AT_EMPTY_PATH) == 0;
}

// The program may have closed them: then the number is another file's.
void FreeDescriptors() {
  if (reserved_epoch != OwnerEpoch()) return;
  for (const int fd : reserved) {
    struct stat seen;
    if (Examine(fd, &seen) && seen.st_dev == reserved_pipe.st_dev &&
        seen.st_ino == reserved_pipe.st_ino) {
      syscall(SYS_close, fd);
    }
  }
}

// Calls the callbacks. A jump back here means that one was cut off.
void RunCallbacks(int signal, const siginfo_t& info) {
  const uint64_t deadline =
      NowNanos() + limit_nanos.load(std::memory_order_relaxed);
  given_up_nanos.store(deadline + 3 * kMargin, std::memory_order_relaxed);
  memcpy(&crash_info, &info, sizeof(info));
  if (sigsetjmp(jump, 0) == 0) {
    handling.store(ThisThread(), std::memory_order_release);
    timers.Start(signal, deadline + kMargin, kMargin);
    FreeDescriptors();
    RunCrashCallbacks({signal, deadline, keep.load(std::memory_order_relaxed)});
  }
  const sigset_t crashes = CrashSignals();
  sigprocmask(SIG_BLOCK, &crashes, nullptr);
  handling.store(0, std::memory_order_release);
  timers.Stop(signal);
}

void FinishCrash() {
  phase.store(kOver, std::memory_order_release);
  FutexWake(reinterpret_cast<uint32_t*>(&phase));
}

void AwaitOver() {
  const uint64_t limit = given_up_nanos.load(std::memory_order_relaxed);
  while (phase.load(std::memory_order_acquire) == kHandled) {
    const uint64_t now = NowNanos();
    if (limit != 0 && now >= limit) return;
    FutexSleep(reinterpret_cast<uint32_t*>(&phase), kHandled, kMargin / 10);
  }
}

// The timer found a thread other than the one that hangs: it goes on instead,
// and nothing would crash again if the handler before returned to it.
void GoOnHere(int signal, void* context) {
  RestoreAll(signal);
  timers.Stop(signal);
  siginfo_t info;
  memcpy(&info, &crash_info, sizeof(info));
  const struct sigaction& previous = taken[signal].previous;
  if (IsHandler(previous)) {
    if (previous.sa_flags & SA_SIGINFO) {
      previous.sa_sigaction(signal, &info, context);
    } else {
      previous.sa_handler(signal);
    }
    const struct sigaction by_default = {};
    sigaction(signal, &by_default, nullptr);
  }
  if (getpid() == 1) _exit(128 + signal);
  SendAgain(signal, info, context);
}

bool IsTaken(int signal) {
  return HooksAreOurs() &&
         taken[signal].epoch.load(std::memory_order_relaxed) == OwnerEpoch();
}

// Returns false where there is nothing more to do.
bool TakeTurn(int signal, const siginfo_t& info, void* context) {
  uint32_t none = kNone;
  if (phase.compare_exchange_strong(none, kHandled,
                                    std::memory_order_acq_rel)) {
    RunCallbacks(signal, info);
    RestoreAll(signal);
    FinishCrash();
    return true;
  }
  if (handling.load(std::memory_order_acquire) == ThisThread()) {
    siglongjmp(jump, 1);
  }
  if (CrashTimers::Sent(info)) {
    if (phase.load(std::memory_order_acquire) == kHandled) {
      GoOnHere(signal, context);
    }
    return false;
  }
  AwaitOver();
  RestoreAll(signal);
  return true;
}

void Handle(int signal, siginfo_t* info, void* context) {
  const int saved_errno = errno;
  if (!IsTaken(signal)) {
    Restore(signal);
    SendAgain(signal, *info, context);
  } else if (!MeansNothing(signal, *info) && TakeTurn(signal, *info, context)) {
    SendAgain(signal, *info, context);
  }
  errno = saved_errno;
}

// A crash in the handler is not to be held back, and no other signal is to come
// between.
void Install(int signal) {
  struct sigaction own = {};
  own.sa_sigaction = &Handle;
  own.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigfillset(&own.sa_mask);
  for (const int other : kCrashSignals) sigdelset(&own.sa_mask, other);
  sigaction(signal, &own, nullptr);
}

void Take(int signal, bool handlers_end) {
  Taken& slot = taken[signal];
  struct sigaction found;
  sigaction(signal, nullptr, &found);
  const bool inherited = IsOurHandler(found);
  const bool had = slot.epoch.load() == CurrentEpoch();
  if (inherited ? IsTaken(signal) : had) return;
  const struct sigaction& previous = inherited ? slot.previous : found;
  const bool handled = IsHandler(previous);
  const bool ignored = !handled && !IsDefault(previous);
  if (ignored || (handled && !handlers_end)) return;
  slot.previous = previous;
  slot.epoch.store(CurrentEpoch());
  if (!inherited) Install(signal);
}

// Clear of the standard streams, which programs close and open again.
bool ReserveDescriptors() {
  if (reserved_epoch == CurrentEpoch()) return true;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  int count = 0;
  while (count < kReserved) {
    const int fd = fcntl(ends[0], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (fd < 0) break;
    reserved[count++] = fd;
  }
  const bool reserves = count == kReserved && Examine(ends[0], &reserved_pipe);
  close(ends[0]);
  close(ends[1]);
  while (!reserves && count > 0) close(reserved[--count]);
  if (reserves) reserved_epoch = CurrentEpoch();
  return reserves;
}

}  // namespace

bool PrepareCrashHandler() { return AddCrashStack() && ReserveDescriptors(); }

void InstallCrashHandler(const CrashPlan& plan) {
  static uint32_t set_up_epoch = 0;
  if (set_up_epoch != CurrentEpoch()) {
    phase.store(kNone);
    handling.store(0);
    set_up_epoch = CurrentEpoch();
  }
  limit_nanos.store(plan.limit_nanos);
  keep.store(plan.keep);
  for (const int signal : kCrashSignals) Take(signal, plan.handlers_end);
}

SignalLook LookAtCrashSignal(int signal) {
  using finalize::SignalHook;
  struct sigaction found;
  if (sigaction(signal, nullptr, &found) != 0) {
    return {SignalHook::kDefault, nullptr};
  }
  const bool own = IsTaken(signal);
  if (IsOurHandler(found)) {
    return {own ? SignalHook::kTaken : SignalHook::kDefault,
            HandlerOf(taken[signal].previous)};
  }
  if (IsDefault(found)) return {SignalHook::kDefault, nullptr};
  if (!IsHandler(found)) return {SignalHook::kIgnored, nullptr};
  return {own ? SignalHook::kReplaced : SignalHook::kHandled, HandlerOf(found)};
}

}  // namespace finalize_internal
