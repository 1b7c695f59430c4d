// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/crash/crash_end.h"

#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "finalize/internal/base/clock.h"
#include "finalize/internal/crash/crash_timers.h"

namespace finalize_internal {
namespace {

// A fault that has not occurred again by then is considered to be over.
constexpr uint64_t kFaultComesAgain = 1000000000;

std::atomic<int> end_status{0};

bool IsPidOne() { return getpid() == 1; }

int StatusOf(int signal) { return 128 + signal; }

sigset_t& MaskOf(void* context) {
  return static_cast<ucontext_t*>(context)->uc_sigmask;
}

// Whether the signal comes from the instruction that the thread executes, and
// was not sent.
bool IsFault(int signal, const siginfo_t& info) {
  if (signal == SIGABRT || info.si_code <= 0) return false;
  return !(signal == SIGBUS && info.si_code == BUS_MCEERR_AO);
}

bool IsFromAbort(int signal, const siginfo_t& info) {
  return signal == SIGABRT && info.si_code == SI_TKILL &&
         info.si_pid == getpid();
}

void Block(int signal) {
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, signal);
  sigprocmask(SIG_BLOCK, &one, nullptr);
}

void EndNow(int) { _exit(end_status.load(std::memory_order_relaxed)); }

// The fault occurs again as soon as the handler returns, with the default
// action. If it does not, because the address is mapped now, a timer ends the
// process.
void EndByFault(int signal, void* context) {
  if (context == nullptr) _exit(StatusOf(signal));
  struct sigaction action = {};
  sigaction(signal, &action, nullptr);
  end_status.store(StatusOf(signal), std::memory_order_relaxed);
  action.sa_handler = &EndNow;
  action.sa_flags = SA_ONSTACK;
  sigaction(SIGABRT, &action, nullptr);
  sigset_t& mask = MaskOf(context);
  sigdelset(&mask, SIGABRT);
  sigdelset(&mask, signal);
  Block(SIGABRT);
  if (!CrashTimers::SendToThisThread(SIGABRT, NowNanos() + kFaultComesAgain)) {
    _exit(StatusOf(signal));
  }
}

}  // namespace

bool IsHandler(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) != 0 ||
         (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN);
}

bool IsDefault(const struct sigaction& action) {
  return !IsHandler(action) && action.sa_handler == SIG_DFL;
}

bool IsCertainToEnd(int signal, const siginfo_t& info) {
  return !IsPidOne() || IsFault(signal, info) || IsFromAbort(signal, info);
}

void CallPrevious(const struct sigaction& previous, int signal, siginfo_t info,
                  void* context) {
  if (!IsHandler(previous)) return;
  sigset_t mask = previous.sa_mask;
  if (context != nullptr) sigorset(&mask, &mask, &MaskOf(context));
  if ((previous.sa_flags & SA_NODEFER) == 0) sigaddset(&mask, signal);
  sigset_t before;
  sigprocmask(SIG_SETMASK, &mask, &before);
  if ((previous.sa_flags & SA_SIGINFO) != 0) {
    previous.sa_sigaction(signal, &info, context);
  } else {
    previous.sa_handler(signal);
  }
  sigprocmask(SIG_SETMASK, &before, nullptr);
}

void EndCrash(const struct sigaction& previous, int signal,
              const siginfo_t& info, void* context) {
  if (!IsPidOne()) return SendAgain(previous, signal, info, context);
  CallPrevious(previous, signal, info, context);
  if (!IsFault(signal, info)) _exit(StatusOf(signal));
  EndByFault(signal, context);
}

void SendAgain(const struct sigaction& previous, int signal,
               const siginfo_t& info, void* context) {
  Block(signal);
  if (context != nullptr) sigdelset(&MaskOf(context), signal);
  // A signal that is sent does not end PID 1; a fault occurs again by itself.
  if (IsPidOne() && IsDefault(previous)) return;
  siginfo_t copy = info;
  const long thread = syscall(SYS_gettid);
  if (syscall(SYS_rt_tgsigqueueinfo, getpid(), thread, signal, &copy) == 0 ||
      syscall(SYS_tgkill, getpid(), thread, signal) == 0) {
    return;
  }
  // A sandbox may refuse both.
  if (IsDefault(previous)) _exit(StatusOf(signal));
}

}  // namespace finalize_internal
