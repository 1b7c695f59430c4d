// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/crash/crash_handler.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>

#include "absl/base/attributes.h"
#include "finalize/internal/base/clock.h"
#include "finalize/internal/base/const_init_array.h"
#include "finalize/internal/base/futex.h"
#include "finalize/internal/copies/copy_handlers.h"
#include "finalize/internal/crash/crash_callbacks.h"
#include "finalize/internal/crash/crash_end.h"
#include "finalize/internal/crash/crash_gate.h"
#include "finalize/internal/crash/crash_reserve.h"
#include "finalize/internal/crash/crash_stack.h"
#include "finalize/internal/crash/crash_timers.h"
#include "finalize/internal/node/fork_epoch.h"
#include "finalize/internal/signals/exit_hook_settings.h"
#include "finalize/internal/signals/signal_action.h"

namespace finalize_internal {
namespace {

// The time from the deadline until a callback is cut off, and from one way of
// cutting it off to the next.
constexpr uint64_t kMargin = 500000000;
// How long the threads that create temp dirs have to finish.
constexpr uint64_t kGateTimeout = 100000000;
// When the process is considered to survive, after everything else has had its
// time.
constexpr uint64_t kLivesOn = 60000000000;

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
// cuts a callback off jumps back here; `crash_info` is the information of the
// crash.
sigjmp_buf jump;
CrashTimers timers;
siginfo_t crash_info;

void Handle(int signal, siginfo_t* info, void* context);

pid_t ThisThread() { return static_cast<pid_t>(syscall(SYS_gettid)); }

bool IsOurHandler(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) != 0 && action.sa_sigaction == &Handle;
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

// Restores the previous actions: that of `signal` in any case, because a
// handler of the program may have called this one.
void RestoreAll(int signal) {
  for (const int other : kCrashSignals) {
    struct sigaction now;
    sigaction(other, nullptr, &now);
    if (IsOurHandler(now)) Restore(other);
  }
  Restore(signal);
}

// For a signal that is certain to end the process: from now on, no other thread
// creates temp dirs.
void ShutGate(uint64_t deadline) {
  const uint64_t now = NowNanos();
  ShutCrashGate(std::min(deadline, now + kGateTimeout),
                deadline + 3 * kMargin + kLivesOn);
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
    // The thread may have blocked some of them before its crash. And the action
    // that Install() asks for is not always the kernel's: ThreadSanitizer
    // blocks all signals in a handler.
    const sigset_t crashes = CrashSignals();
    sigprocmask(SIG_UNBLOCK, &crashes, nullptr);
    FreeDescriptors();
    ShutGate(deadline);
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

// The timer found a thread other than the one that hangs: that thread continues
// in its place, and nothing would crash again if the previous handler returned
// to it.
void GoOnHere(int signal, void* context) {
  RestoreAll(signal);
  timers.Stop(signal);
  siginfo_t info;
  memcpy(&info, &crash_info, sizeof(info));
  const struct sigaction& previous = taken[signal].previous;
  CallPrevious(previous, signal, info, context);
  if (getpid() == 1) _exit(128 + signal);
  const struct sigaction by_default = {};
  sigaction(signal, &by_default, nullptr);
  SendAgain(by_default, signal, info, context);
}

bool IsTaken(int signal) {
  return HooksAreOurs() &&
         taken[signal].epoch.load(std::memory_order_relaxed) == OwnerEpoch();
}

// Returns false if there is nothing more to do.
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
  PassCrashGate();
  AwaitOver();
  RestoreAll(signal);
  return true;
}

void Handle(int signal, siginfo_t* info, void* context) {
  const int saved_errno = errno;
  const struct sigaction& previous = taken[signal].previous;
  if (!IsTaken(signal)) {
    Restore(signal);
    SendAgain(previous, signal, *info, context);
  } else if (!CrashTimers::Sent(*info) && !IsCertainToEnd(signal, *info)) {
    CallPrevious(previous, signal, *info, context);
  } else if (TakeTurn(signal, *info, context)) {
    EndCrash(previous, signal, *info, context);
  }
  errno = saved_errno;
}

// A crash in the handler must not be blocked, and no other signal may interrupt
// it.
void Install(int signal) {
  struct sigaction own = {};
  own.sa_sigaction = &Handle;
  own.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigfillset(&own.sa_mask);
  for (const int other : kCrashSignals) sigdelset(&own.sa_mask, other);
  sigaction(signal, &own, nullptr);
}

// Whether `action` belongs to another copy of the library, which ends the
// process when it has removed its own temp dirs.
bool EndsAsCopy(int signal, const struct sigaction& action) {
  const HandlerOwner owner = OwnerOf(action, signal);
  return owner == HandlerOwner::kCopy ||
         (owner == HandlerOwner::kIdleCopy && IsOverDefault(action, signal));
}

void Take(int signal, bool handlers_end) {
  Taken& slot = taken[signal];
  struct sigaction found;
  sigaction(signal, nullptr, &found);
  const bool inherited = IsOurHandler(found);
  const bool had = slot.epoch.load() == CurrentEpoch();
  if (inherited && IsTaken(signal)) return;
  const struct sigaction& previous = inherited ? slot.previous : found;
  const bool handled = IsHandler(previous);
  // The program has chosen that handler, which may call ours.
  if (!inherited && had && handled) return;
  const bool ignored = !handled && !IsDefault(previous);
  const bool ends = handlers_end || EndsAsCopy(signal, previous);
  if (ignored || (handled && !ends)) return;
  slot.previous = previous;
  slot.epoch.store(CurrentEpoch());
  NoteCrashHandler(reinterpret_cast<const void*>(&Handle));
  NoteTaken(signal, IsDefault(previous) || IsOverDefault(previous, signal));
  if (!inherited) Install(signal);
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
    return {SignalHook::State::kDefault, nullptr};
  }
  const bool own = IsTaken(signal);
  if (IsOurHandler(found)) {
    return {own ? SignalHook::State::kTaken : SignalHook::State::kDefault,
            HandlerOf(taken[signal].previous)};
  }
  if (IsDefault(found)) return {SignalHook::State::kDefault, nullptr};
  if (!IsHandler(found)) return {SignalHook::State::kIgnored, nullptr};
  // The handler of another copy, which calls that of this one.
  if (own && OwnerOf(found, signal) == HandlerOwner::kCopy) {
    return {SignalHook::State::kTaken, nullptr};
  }
  return {own ? SignalHook::State::kReplaced : SignalHook::State::kHandled,
          HandlerOf(found)};
}

}  // namespace finalize_internal
